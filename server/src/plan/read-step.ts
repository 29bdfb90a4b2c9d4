import type { Located } from '../text/range.ts';
import { isReason } from './allow-reason.ts';
import type { Allow, Step, StepExpectation } from './model.ts';
import { firstKey, type Reading, readOneAction } from './read-action.ts';
import { readRollback } from './read-rollback.ts';
import { parseDuration, parseDurationLimit, parseDurationRange, parseLockLimit } from './values.ts';

/** Reads a step but for its id, which depends on the steps before it. */
export function readStep(
  reading: Reading,
  node: unknown,
): Omit<Step, 'id'> & { id: Located<string> | undefined } {
  const { nodes } = reading;
  const map = nodes.map(node);
  const name = nodes.string(nodes.get(map, 'step'));
  const id = nodes.string(nodes.get(map, 'id'));
  const action = map && readOneAction(reading, map, name?.range ?? firstKey(reading, map), 'step');
  return {
    name: name ?? { value: 'unnamed step', range: firstKey(reading, map) },
    id,
    idRange: id?.range,
    action,
    rollback: readRollback(reading, map),
    estimate: nodes.scalar(nodes.get(map, 'estimate'), parseDurationRange),
    took: nodes.scalar(nodes.get(map, 'took'), parseDuration),
    expect: readStepExpectation(reading, nodes.get(map, 'expect')),
    allow: readAllow(reading, nodes.get(map, 'allow')),
    range: nodes.range(map ?? node),
  };
}

/** The `allow` entries that have a text for a reason; one that a fix left open is reported. */
export function readAllow({ nodes, report }: Reading, node: unknown): readonly Allow[] {
  return nodes.entries(node).flatMap(({ key, value, range }) => {
    const reason = nodes.string(value);
    // A blank one is what the schema's check reports.
    if (reason && reason.value.trim() !== '' && !isReason(reason.value)) {
      const message = `"${key.value}" needs the reason why it is all right here, in place of ${reason.value.trim()}.`;
      report({ code: 'plan-value', message, range: reason.range });
    }
    return reason ? [{ rule: key, reason, range }] : [];
  });
}

function readStepExpectation({ nodes }: Reading, node: unknown): StepExpectation | undefined {
  const map = nodes.map(node);
  return (
    map && {
      lock: nodes.scalar(nodes.get(map, 'lock'), parseLockLimit),
      rewrite: nodes.scalar(nodes.get(map, 'rewrite'), (value) =>
        typeof value === 'boolean' ? value : undefined,
      ),
      duration: nodes.scalar(nodes.get(map, 'duration'), parseDurationLimit),
      range: nodes.range(map),
    }
  );
}
