import Ajv, { type ValidateFunction } from 'ajv';
import planSchema from '../../../schemas/plan.schema.json' with { type: 'json' };
import type { Range } from '../text/range.ts';
import type { PlanProblem, PlanResult } from './model.ts';
import { emptyPlan, readPlan } from './read-plan.ts';
import { schemaProblems } from './schema-problems.ts';
import {
  parseCount,
  parseDuration,
  parseDurationLimit,
  parseDurationRange,
  parseExpectation,
  parseLockLimit,
  parseRate,
  parseSize,
} from './values.ts';
import { rangeOf, readYaml, type YamlFile } from './yaml-document.ts';

/** Reads plan files. Hold one: its validator is compiled at the first use (about 15 ms). */
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
  return {
    parse(text, { readFile }) {
      const yaml = readYaml(text, 'a plan');
      const { document } = yaml;
      if (!document) return { plan: emptyPlan(text), problems: yaml.problems };
      const { plan, problems } = readPlan(text, document, readFile);
      return { plan, problems: [...yaml.problems, ...structuralProblems(text, yaml, problems, validate())] };
    },
  };
}

/** A validator that is compiled when first asked for. */
export function createValidator(schema: object): () => ValidateFunction {
  let validate: ValidateFunction | undefined;
  return () => {
    validate ??= compile(schema);
    return validate;
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
 * What the schema and the reader find, without the echoes of a syntax error: where YAML stopped making sense, the
 * shape of what surrounds it says nothing.
 */
export function structuralProblems(
  text: string,
  { document, value, problems: yamlProblems }: YamlFile,
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
  const broken = yamlProblems.filter((problem) => !problem.message.includes('a second time'));
  const first = broken[0];
  if (!first) return all;
  return all.filter(
    (problem) =>
      problem.code !== 'plan-missing-key' &&
      problem.code !== 'plan-action' &&
      !echoes(text, problem.range, first.range),
  );
}

function coveredBy(problem: PlanProblem, others: readonly PlanProblem[]): boolean {
  return others.some(({ range }) => range.start === problem.range.start && range.end === problem.range.end);
}

/** On the line of the syntax error, or after it. */
function echoes(text: string, range: Range, fault: Range): boolean {
  const lineStart = text.lastIndexOf('\n', fault.start - 1) + 1;
  return range.end >= lineStart;
}
