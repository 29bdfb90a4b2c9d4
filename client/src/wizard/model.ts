/** A wizard: one screen after the other, each with a way back. Plain data, so that it is tested without an editor. */
export interface Screens {
  choose(screen: ChoiceScreen): Promise<Shown>;
  type(screen: TextScreen): Promise<Shown>;
  /** Takes the last screen away. */
  close(): void;
}

export interface Screen {
  readonly title: string;
  /** From 1. */
  readonly step: number;
  /** Undefined while nobody knows. */
  readonly total: number | undefined;
  readonly canGoBack: boolean;
  readonly prompt: string;
  /** Why the last answer to it will not do. */
  readonly problem: string | undefined;
}

export interface ChoiceScreen extends Screen {
  readonly groups: readonly ChoiceGroup[];
  /** The value that is chosen by Enter alone; the first one where absent. */
  readonly active: string | undefined;
}

export interface ChoiceGroup {
  readonly title?: string;
  readonly choices: readonly Choice[];
}

export interface Choice {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  /** Undefined: it cannot be chosen. */
  readonly value: string | undefined;
}

export interface TextScreen extends Screen {
  readonly placeholder: string;
  readonly value: string;
  /** Why a text will not do, in a sentence; undefined where it will. */
  check(text: string): Promise<string | undefined>;
}

export type Shown =
  | { readonly kind: 'answer'; readonly value: string }
  | { readonly kind: 'back' }
  | { readonly kind: 'closed' };
