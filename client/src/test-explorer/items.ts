import { Range, type TestController, type TestItem, type Uri } from 'vscode';
import type { StepItem } from '../../../server/src/lsp/protocol.ts';
import { nameOf } from '../commands/target.ts';

/** What an item of the tree stands for. */
export type Subject =
  | { readonly kind: 'plan' }
  | { readonly kind: 'step'; readonly step: string }
  | { readonly kind: 'proof'; readonly step: string; readonly proof: StepItem['proofs'][number] }
  /** The whole plan, rolled back from its end. */
  | { readonly kind: 'unwind' };

/** The tree of plans, their steps and what each step proves. */
export interface PlanItems {
  /** The item of a plan, made where it is not there yet. */
  plan(uri: Uri): TestItem;
  /** Replaces what is below a plan's item. */
  setSteps(plan: TestItem, title: string, steps: readonly StepItem[]): void;
  remove(uri: Uri): void;
  subjectOf(item: TestItem): Subject;
}

const proofLabels: Readonly<Record<StepItem['proofs'][number], string>> = {
  apply: 'Apply',
  rollback: 'Rollback',
  application: 'Application',
};

export function createPlanItems(controller: TestController): PlanItems {
  const subjects = new WeakMap<TestItem, Subject>();
  const create = (id: string, label: string, uri: Uri, subject: Subject): TestItem => {
    const item = controller.createTestItem(id, label, uri);
    subjects.set(item, subject);
    return item;
  };
  const stepItem = (uri: Uri, entry: StepItem, order: number): TestItem => {
    const { id, name, phase, proofs, range } = entry;
    const place = new Range(range.start.line, range.start.character, range.end.line, range.end.character);
    const item = create(`${uri}#${id}`, name, uri, { kind: 'step', step: id });
    item.description = phase;
    item.range = place;
    item.sortText = String(order).padStart(5, '0');
    // A step that is only applied has nothing to tell apart.
    if (proofs.length < 2) return item;
    item.children.replace(
      proofs.map((proof, at) => {
        const child = create(`${item.id}#${proof}`, proofLabels[proof], uri, {
          kind: 'proof',
          step: id,
          proof,
        });
        child.range = place;
        child.sortText = String(at);
        return child;
      }),
    );
    return item;
  };
  return {
    plan(uri) {
      const known = controller.items.get(uri.toString());
      if (known) return known;
      const item = create(uri.toString(), nameOf(uri), uri, { kind: 'plan' });
      item.canResolveChildren = true;
      controller.items.add(item);
      return item;
    },
    setSteps(plan, title, steps) {
      const { uri } = plan;
      if (!uri) return;
      plan.description = title;
      const items = steps.map((step, at) => stepItem(uri, step, at));
      if (steps.some(({ proofs }) => proofs.includes('rollback'))) {
        const unwind = create(`${uri}##unwind`, 'Rolled back from the end to the start', uri, {
          kind: 'unwind',
        });
        unwind.sortText = '99999';
        items.push(unwind);
      }
      plan.children.replace(items);
    },
    remove: (uri) => controller.items.delete(uri.toString()),
    subjectOf: (item) => subjects.get(item) ?? { kind: 'plan' },
  };
}
