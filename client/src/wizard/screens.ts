import { Disposable, type QuickInput, QuickInputButtons, QuickPickItemKind, window } from 'vscode';
import type { Choice, ChoiceScreen, Screen, Screens, Shown } from './model.ts';

/** The editor's quick picks and input boxes, as one wizard: each stays until the next one is there. */
export function createScreens(): Screens {
  let last: QuickInput | undefined;

  function show<T extends QuickInput>(input: T, screen: Screen, connect: (settle: Settle) => Disposable[]) {
    return new Promise<Shown>((resolve) => {
      const listeners: Disposable[] = [];
      const settle: Settle = (shown) => {
        Disposable.from(...listeners).dispose();
        // What comes next may take a moment, and the window is not to blink.
        input.enabled = false;
        input.busy = true;
        resolve(shown);
      };
      Object.assign(input, { title: screen.title, step: screen.step, ignoreFocusOut: true });
      if (screen.total !== undefined) input.totalSteps = screen.total;
      listeners.push(
        input.onDidHide(() => settle({ kind: 'closed' })),
        ...connect(settle),
      );
      const before = last;
      last = input;
      input.show();
      before?.dispose();
    });
  }

  return {
    choose(screen) {
      const picker = window.createQuickPick<Item>();
      const items = itemsOf(screen);
      const choices = items.filter(({ value }) => value !== undefined);
      const active = choices.find(({ value }) => value === screen.active) ?? choices[0];
      Object.assign(picker, {
        placeholder: screen.prompt,
        matchOnDescription: true,
        matchOnDetail: true,
        buttons: screen.canGoBack ? [QuickInputButtons.Back] : [],
        items,
        activeItems: active ? [active] : [],
      });
      return show(picker, screen, (settle) => [
        picker.onDidTriggerButton(() => settle({ kind: 'back' })),
        picker.onDidAccept(() => {
          const [item] = picker.selectedItems;
          if (item?.value !== undefined) settle({ kind: 'answer', value: item.value });
        }),
      ]);
    },
    type(screen) {
      const box = window.createInputBox();
      Object.assign(box, {
        prompt: screen.prompt,
        placeholder: screen.placeholder,
        value: screen.value,
        buttons: screen.canGoBack ? [QuickInputButtons.Back] : [],
        validationMessage: screen.problem,
      });
      let asked = 0;
      /** Undefined where the text has changed meanwhile. */
      const check = async (): Promise<boolean | undefined> => {
        const ask = ++asked;
        const problem = await screen.check(box.value);
        if (ask !== asked) return undefined;
        box.validationMessage = problem;
        return problem === undefined;
      };
      return show(box, screen, (settle) => [
        box.onDidTriggerButton(() => settle({ kind: 'back' })),
        box.onDidChangeValue((text) => {
          if (text !== '') return void check();
          asked++;
          box.validationMessage = undefined;
        }),
        box.onDidAccept(async () => {
          const { value } = box;
          if ((await check()) === true) settle({ kind: 'answer', value });
        }),
      ]);
    },
    close() {
      last?.dispose();
      last = undefined;
    },
  };
}

type Settle = (shown: Shown) => void;

interface Item extends Choice {
  readonly kind?: QuickPickItemKind;
  readonly alwaysShow?: boolean;
}

/** What is wrong with the last answer stands above the choices, and cannot be chosen. */
function itemsOf({ problem, groups }: ChoiceScreen): readonly Item[] {
  return [
    ...linesOf(problem).map((line, at) => ({
      label: at === 0 ? `$(error) ${line}` : line,
      value: undefined,
      alwaysShow: true,
    })),
    ...groups.flatMap(({ title, choices }) => [
      ...(title === undefined ? [] : [{ label: title, value: undefined, kind: QuickPickItemKind.Separator }]),
      ...choices,
    ]),
  ];
}

/** Characters that a choice shows at the least; what is longer it cuts off. */
const lineWidth = 72;

function linesOf(text = ''): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < lineWidth) lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(word);
  }
  return lines;
}
