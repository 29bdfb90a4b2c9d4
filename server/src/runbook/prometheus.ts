import { stringify } from 'yaml';
import type { Alert, Plan } from '../plan/model.ts';
import { findMetric, type KnownMetric, type MetricExpression, type MetricUnit } from './metrics.ts';
import { kubernetesName, oneLine } from './names.ts';
import { readThreshold, type Threshold } from './threshold.ts';

/** PromQL label matchers, e.g. `cluster="main"`, that choose the series of the server, the application, the machine. */
export interface Matchers {
  readonly database?: string;
  readonly app?: string;
  readonly host?: string;
}

export interface AlertOptions {
  readonly matchers?: Matchers;
  /** Labels of the PrometheusRule, by which an operator selects it. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ExportedAlerts {
  /** A PrometheusRule as YAML. */
  readonly text: string;
  /** How many rules are in it. */
  readonly rules: number;
  /** What of the plan's alerts is not in it, and why: a sentence each. They are in the text as comments, too. */
  readonly left: readonly string[];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** How long a threshold has to be passed: two scrapes at least, and no longer than a migration can wait. */
const lasting = { warning: '2m', critical: '1m' } as const;

/**
 * The plan's alerts as a PrometheusRule (monitoring.coreos.com/v1): a rule for each threshold. A metric that is neither
 * known nor given as `promql`, and a threshold that means nothing for its metric, are left out, and said.
 */
export function prometheusRule(
  plan: Plan,
  { matchers = {}, labels = {} }: AlertOptions = {},
): ExportedAlerts {
  const alerts = plan.monitoring?.alerts ?? [];
  const made = alerts.map((alert) => rulesOf(alert, plan, matchers));
  const rules = made.flatMap((each) => each.rules);
  const left = made.flatMap((each) => each.left);
  const migration = oneLine(plan.migration?.value ?? '') || 'a migration';
  const name = kubernetesName(`switchback ${migration}`);
  const resource = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'switchback', ...labels } },
    spec: { groups: [{ name, rules }] },
  };
  const head = [
    `Alerts for the migration: ${migration}`,
    'Apply it before step one, and delete it when the clean-up is done.',
    ...left.map((sentence) => `NOT EXPORTED: ${sentence}`),
  ];
  return {
    text: `${head.map((line) => `# ${oneLine(line)}\n`).join('')}${stringify(resource, { lineWidth: 0 })}`,
    rules: rules.length,
    left,
  };
}

function rulesOf(alert: Alert, plan: Plan, matchers: Matchers) {
  const name = oneLine(alert.metric.value);
  const rules: Rule[] = [];
  const left: string[] = [];
  for (const severity of ['warning', 'critical'] as const) {
    const written = alert[severity]?.value;
    if (written === undefined) continue;
    const found = expressionFor(alert, written, matchers);
    if ('why' in found) left.push(`${name}, ${severity} "${oneLine(written)}": ${found.why}`);
    else
      rules.push({
        alert: `Migration${camelCase(name)}`,
        expr: found.expr,
        for: lasting[severity],
        labels: { severity, migration: inert(plan.migration?.value ?? '') },
        annotations: annotations(alert, written, found),
      });
  }
  if (!alert.warning && !alert.critical)
    left.push(`${name}: it has neither a \`warning\` nor a \`critical\` threshold.`);
  return { rules, left };
}

interface Expression {
  readonly expr: string;
  readonly title: string;
  readonly source: string;
  readonly limit: string | undefined;
}

function expressionFor(alert: Alert, written: string, matchers: Matchers): Expression | { why: string } {
  const threshold = readThreshold(written);
  if (!threshold)
    return { why: 'that is no threshold; write a comparison, e.g. "> 200ms", "> 1%" or "> 16MB".' };
  const own = alert.promql?.value.trim();
  if (own)
    return {
      expr: compared(own, threshold),
      title: oneLine(alert.metric.value),
      source: 'the plan’s own PromQL',
      limit: undefined,
    };
  const metric = findMetric(alert.metric.value);
  if (!metric)
    return {
      why: 'no series is known for this metric; give its PromQL as `promql`, without the comparison.',
    };
  const expression = metric.expressions.find((each) => fits(each, threshold));
  if (!expression) return { why: `${metric.title} is given ${unitsOf(metric)}, and this is not.` };
  return {
    expr: compared(selected(expression.promql, matchers), threshold),
    title: metric.title,
    source: expression.source,
    limit: expression.limit,
  };
}

function fits({ unit }: MetricExpression, { unit: given, value }: Threshold): boolean {
  if (given !== undefined) return unit === given;
  return unit === 'count' || (unit === 'ratio' && value <= 1);
}

const unitWords: Readonly<Record<MetricUnit, string>> = {
  seconds: 'as a time, e.g. "> 5s"',
  bytes: 'as a size, e.g. "> 16MB"',
  ratio: 'in percent, e.g. "> 80%"',
  count: 'as a number, e.g. "> 5"',
  per_second: 'a second, e.g. "> 5/s"',
  bytes_per_second: 'as a size a second, e.g. "> 50MB/s"',
};

function unitsOf({ expressions }: KnownMetric): string {
  return expressions.map(({ unit }) => unitWords[unit]).join(' or ');
}

/** On lines of its own where a comment in it could swallow what follows. */
function compared(promql: string, { operator, value }: Threshold): string {
  const whole = /[\n#]/.test(promql) ? `(\n${promql}\n)` : `(${promql})`;
  return `${whole} ${operator} ${value}`;
}

function selected(promql: string, matchers: Matchers): string {
  return promql
    .replaceAll(/\$(database|app|host)\b/g, (_, origin: keyof Matchers) => matchers[origin]?.trim() ?? '')
    .replaceAll(/,\}/g, '}')
    .replaceAll('{}', '');
}

function annotations(alert: Alert, written: string, { title, source, limit }: Expression) {
  const action = alert.action?.value;
  return {
    summary: inert(`${title} ${oneLine(written)}`),
    ...(action === undefined ? {} : { action: inert(action) }),
    description: `{{ $value }} now. ${inert(action ?? 'Look into it before the next step.')}`,
    metric: inert(alert.metric.value),
    source: inert(limit === undefined ? source : `${source}. ${limit}`),
  };
}

/** Prometheus expands labels and annotations as Go templates: text of a plan must not be one. */
function inert(text: string): string {
  return oneLine(text).replaceAll('{{', '{{ "{{" }}');
}

function camelCase(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** Whether the text is a list of PromQL label matchers: `job="db",cluster=~"main|spare"`. */
export function isMatcherList(text: string): boolean {
  const matcher = '[A-Za-z_][A-Za-z0-9_]*\\s*(?:=~|!~|!=|=)\\s*"(?:[^"\\\\\\n]|\\\\.)*"';
  return new RegExp(`^\\s*${matcher}(?:\\s*,\\s*${matcher})*\\s*,?\\s*$`).test(text);
}
