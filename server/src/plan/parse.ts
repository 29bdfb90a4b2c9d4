import Ajv, { type ValidateFunction } from 'ajv';
import planSchema from '../../../schemas/plan.schema.json' with { type: 'json' };
import type { Range } from '../text/range.ts';
import type { PlanProblem, PlanResult } from './model.ts';
import { emptyPlan, readPlan } from './read-plan.ts';
import { schemaProblems } from './schema-problems.ts';
import { createStepReader } from './step-readings.ts';
import {
  parseBatch,
  parseCount,
  parseDuration,
  parseDurationLimit,
  parseDurationRange,
  parseExpectation,
  parseLockLimit,
  parseRate,
  parseSize,
  parseTimeout,
  parseWait,
} from './values.ts';
import { rangeOf, type YamlFile } from './yaml-document.ts';
import { createYamlReader } from './yaml-reader.ts';
import type { Damage } from './yaml-recovery.ts';

/** Reads plan files. Hold one: its validator is compiled at the first use (up to 0.1 s). */
export interface PlanParser {
  /** Never throws. A half-typed file gives the part of the plan that can be read, and the problems. */
  parse(
    text: string,
    options: {
      /** Reads a file that the plan names, relative to it. */
      readonly readFile: (path: string) => { readonly text: string } | { readonly error: string };
    },
  ): PlanResult;
}

export function createPlanParser(): PlanParser {
  const validate = createValidator(planSchema);
  const readYaml = createYamlReader();
  const readStep = createStepReader();
  return {
    parse(text, { readFile }) {
      const yaml = readYaml(text);
      const { document } = yaml;
      if (!document) return { plan: emptyPlan(text), problems: yaml.problems };
      const { plan, problems } = readPlan(yaml.source, document, readFile, readStep);
      return {
        plan,
        problems: [...yaml.problems, ...structuralProblems(text, yaml, problems, validate(text.length))],
      };
    },
  };
}

/** Characters from which on a file counts as large: a plan of a few hundred steps. */
const largeFile = 100_000;

/** A validator for files of `length` characters, compiled when first asked for. */
export function createValidator(schema: object): (length: number) => ValidateFunction {
  let usual: ValidateFunction | undefined;
  let large: ValidateFunction | undefined;
  return (length) => {
    if (length < largeFile) {
      usual ??= compile(schema);
      return usual;
    }
    large ??= compile(expanded(schema, schema) as object);
    return large;
  };
}

function compile(schema: object): ValidateFunction {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    strict: true,
    strictRequired: false,
  });
  const readers: Readonly<Record<string, (value: unknown) => unknown>> = {
    duration: parseDuration,
    timeout: parseTimeout,
    wait: parseWait,
    batch: parseBatch,
    durationRange: parseDurationRange,
    durationLimit: parseDurationLimit,
    size: parseSize,
    count: parseCount,
    rate: parseRate,
    lockLimit: parseLockLimit,
    expectation: parseExpectation,
  };
  for (const [name, read] of Object.entries(readers)) {
    ajv.addFormat(name, { type: 'string', validate: (value: string) => read(value) !== undefined });
  }
  return ajv.compile(schema);
}

/**
 * The schema with its references written out (none is recursive). A reference becomes a function of its own, and
 * each call that fails copies all errors so far: a file with a mistake in each of 40,000 steps would take minutes.
 * Written out it takes longer to compile, which small files need not wait for.
 */
function expanded(part: unknown, root: object): unknown {
  if (Array.isArray(part)) return part.map((item) => expanded(item, root));
  if (typeof part !== 'object' || part === null) return part;
  const { $ref, definitions: _, ...rest } = part as Readonly<Record<string, unknown>>;
  if (typeof $ref === 'string') return expanded(definitionOf($ref, root), root);
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, expanded(value, root)]));
}

function definitionOf(ref: string, root: object): unknown {
  const name = ref.replace('#/definitions/', '');
  return (root as { definitions?: Readonly<Record<string, unknown>> }).definitions?.[name];
}

/**
 * What the schema and the reader find, without the echoes of a syntax error: where YAML stopped making sense, the
 * shape of what surrounds it says nothing.
 */
export function structuralProblems(
  text: string,
  { document, value, problems: yamlProblems, damages }: YamlFile,
  readerProblems: readonly PlanProblem[],
  validate: ValidateFunction,
): readonly PlanProblem[] {
  if (!document) return [];
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    if (yamlProblems.length > 0) return [];
    const range = {
      start: rangeOf(document.contents).start,
      end: Math.min(text.length, rangeOf(document.contents).start + 1),
    };
    return [
      {
        code: 'plan-type',
        message: `This is ${Array.isArray(value) ? 'a list' : 'a text'}: the file has to be a mapping, one "key: value" a line.`,
        range,
      },
    ];
  }
  const found = validate(value) ? [] : schemaProblems(validate.errors ?? [], document);
  const all = [...found.filter((problem) => !coveredBy(problem, readerProblems)), ...readerProblems];
  return all.filter((problem) => !coveredBy(problem, yamlProblems) && !isEcho(text, problem, damages));
}

function coveredBy(problem: PlanProblem, others: readonly PlanProblem[]): boolean {
  return others.some(({ range }) => range.start === problem.range.start && range.end === problem.range.end);
}

/** What is missing beside a syntax error may be what does not parse; a list that is cut short lacks its rest. */
function isEcho(text: string, { code, range }: PlanProblem, damages: readonly Damage[]): boolean {
  if (code === 'plan-unknown-version') return damages.some(({ region }) => holdsVersions(text, region));
  return damages.some(({ fault, region }) => {
    const near = range.start >= region.start && range.start < region.end;
    // What the root lacks is said at its first key.
    if (code === 'plan-missing-key' && isRootEntry(text, region)) return true;
    if (lacks.has(code)) return near;
    return near && sameLine(text, range.start, fault.range.start);
  });
}

const lacks: ReadonlySet<PlanProblem['code']> = new Set(['plan-missing-key', 'plan-action', 'plan-type']);

function isRootEntry(text: string, { start }: Range): boolean {
  return !/^[ -]/.test(text.slice(start, start + 1));
}

function holdsVersions(text: string, { start, end }: Range): boolean {
  return /^app[ \t]*:/.test(text.slice(start, end)) || /^ +versions[ \t]*:/m.test(text.slice(start, end));
}

function sameLine(text: string, a: number, b: number): boolean {
  return !text.slice(Math.min(a, b), Math.max(a, b)).includes('\n');
}
