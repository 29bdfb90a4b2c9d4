import { stringify } from 'yaml';
import type { Analysis } from '../analyze.ts';
import type { StepPreview } from '../features/preview.ts';
import type { StepAnalysis } from '../rules/model.ts';
import { formatBytes } from '../text/amounts.ts';
import type { BackfillProcedure } from './backfill-procedure.ts';
import { procedureOf } from './commands.ts';
import { kubernetesName, oneLine } from './names.ts';

export interface JobOptions {
  /** Bytes that a replica may be behind; the batches wait while one is further. */
  readonly maxLag?: number;
  /** The Secret with PGHOST, PGUSER, PGPASSWORD, PGDATABASE and, where needed, PGPORT and PGSSLMODE. */
  readonly secret?: string;
  readonly namespace?: string;
  /** The image that holds psql. */
  readonly image?: string;
  /** What the step takes, as the preview has it. */
  readonly preview?: Pick<StepPreview, 'time'> | undefined;
}

/** A manifest, and the scripts that stand in it. */
export interface BackfillJob {
  readonly text: string;
  readonly procedure: BackfillProcedure;
}

const defaultLag = 64 * 1024 * 1024;
const defaultSecret = 'migration-postgres';

/** The steps that a Job can be made of. */
export function backfillSteps({ steps }: Analysis): readonly StepAnalysis[] {
  return steps.filter(({ step }) => step.action?.kind === 'backfill');
}

/**
 * A backfill as a Kubernetes Job with its SQL in a ConfigMap, or in a sentence why there is none. A pod that dies is
 * followed by another that goes on where it stood; so does a Job that is deleted and applied again. Credentials stay in
 * a Secret that the manifest names.
 */
export function backfillJob(
  { plan, pgVersion }: Analysis,
  { step, before }: StepAnalysis,
  options: JobOptions = {},
): BackfillJob | { readonly refused: string } {
  const { action } = step;
  if (action?.kind !== 'backfill')
    return { refused: `The step ${step.id} is no backfill: only a backfill can be a Job.` };
  const { maxLag = defaultLag, secret = defaultSecret, namespace } = options;
  const procedure = procedureOf(plan, action, step.id, before, maxLag);
  if ('unknown' in procedure) return { refused: procedure.unknown };
  const name = kubernetesName(`backfill ${step.id}`, 52);
  const labels = {
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/managed-by': 'switchback',
  };
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), labels };
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: { 'backfill.sql': [procedure.setup, procedure.run, ''].join('\n') },
  };
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: {
      // A failed pod is followed by a new one, which goes on where that stood.
      backoffLimit: 6,
      completions: 1,
      parallelism: 1,
      activeDeadlineSeconds: deadline(options.preview?.time?.high),
      template: {
        metadata: { labels },
        spec: podSpec(name, secret, options.image ?? `postgres:${pgVersion}-alpine`),
      },
    },
  };
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  const title = oneLine(plan.migration?.value ?? '');
  const head = [
    `Backfill "${oneLine(step.name.value)}" of the migration: ${title}`,
    '',
    `Before: kubectl create secret generic ${secret}${where} --from-env-file=FILE`,
    '  FILE holds PGHOST, PGUSER, PGPASSWORD, PGDATABASE and, where needed, PGPORT and PGSSLMODE, a line each. Point it at',
    '  the primary itself, or at a pooler in session mode: in transaction mode, settings would not last.',
    `The user needs UPDATE and SELECT on the table, CREATE on its schema for the table ${procedure.progressTable} of its`,
    `  notes, and pg_monitor to see replicas: the batches wait while one is more than ${formatBytes(maxLag)} behind. Without`,
    '  that right it says so, and does not wait.',
    `Stop:   kubectl delete job ${name}${where}; apply this file again, and it goes on where it stood.`,
    `Watch:  kubectl logs -f job/${name}${where}`,
    `After:  kubectl delete -f THIS_FILE; in the database: ${procedure.forget}`,
  ];
  const documents = [configMap, job].map((document) => stringify(document, { lineWidth: 0 }));
  return {
    text: `${head.map((line) => `# ${line}`.trimEnd()).join('\n')}\n${documents.join('---\n')}`,
    procedure,
  };
}

function podSpec(name: string, secret: string, image: string) {
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65534,
      runAsGroup: 65534,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'psql',
        image,
        command: ['psql'],
        args: ['-X', '-v', 'ON_ERROR_STOP=1', '-f', '/sql/backfill.sql'],
        envFrom: [{ secretRef: { name: secret } }],
        env: [
          { name: 'PGAPPNAME', value: name },
          { name: 'PGCONNECT_TIMEOUT', value: '10' },
        ],
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        resources: {
          requests: { cpu: '50m', memory: '32Mi' },
          limits: { memory: '128Mi' },
        },
        volumeMounts: [{ name: 'sql', mountPath: '/sql', readOnly: true }],
      },
    ],
    volumes: [{ name: 'sql', configMap: { name } }],
  };
}

const hour = 3600;

/** Seconds: three times what the slowest of ten servers takes, from one hour to a week; a day where that is not known. */
function deadline(ms: number | undefined): number {
  if (ms === undefined) return 24 * hour;
  return Math.min(Math.max(Math.ceil((ms * 3) / 1000 / hour) * hour, hour), 7 * 24 * hour);
}

/** The name of a Kubernetes object, as `metadata.name` of a Secret takes it (a DNS subdomain). */
export function isKubernetesName(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text);
}
