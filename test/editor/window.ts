import * as vscode from 'vscode';
import { canControl, control } from './control.ts';

/** The window as a person uses it: keys, texts on the screen, pictures. Tests that need it call `needsWindow`. */

/** Skips the test where the window cannot be seen (the desktop program). */
export function needsWindow(test: Mocha.Context): void {
  if (!canControl()) test.skip();
}

/** Presses a key or chord: `Enter`, `Control+Shift+P`. */
export async function press(key: string): Promise<void> {
  await control('press', { key });
}

export async function type(text: string): Promise<void> {
  await control('type', { text });
}

export async function click(selector: string): Promise<void> {
  await control('click', { selector });
}

/** The visible texts of all matching elements, those inside views included. */
export async function texts(selector: string): Promise<readonly string[]> {
  return (await control('query', { selector })) as string[];
}

/** Waits (ms) for a visible match that contains `text`. */
export async function see(selector: string, text = '', timeout = 10_000): Promise<string> {
  return (await control('waitFor', { selector, text, timeout })) as string;
}

/** Puts the cursor there, and waits until the window shows it there. */
export async function putCursor(editor: vscode.TextEditor, place: vscode.Position): Promise<void> {
  editor.selection = new vscode.Selection(place, place);
  await see('.statusbar-item', `Ln ${place.line + 1}, Col ${place.character + 1}`);
}

/** Runs a command as a person does, by its title in the palette. */
export async function palette(title: string): Promise<void> {
  await press('F1');
  await see('.quick-input-widget');
  await type(title);
  await see('.quick-input-list .monaco-list-row.focused', title);
  await press('Enter');
}

/** Keeps a picture of the window among the artefacts; does nothing in the desktop program. */
export async function screenshot(name: string): Promise<void> {
  if (canControl()) await control('screenshot', { name });
}

export type Theme = 'light' | 'dark';

export async function setTheme(theme: Theme): Promise<void> {
  const name = theme === 'light' ? 'Default Light Modern' : 'Default Dark Modern';
  await vscode.workspace
    .getConfiguration('workbench')
    .update('colorTheme', name, vscode.ConfigurationTarget.Global);
}

/** One picture in each theme: `NAME-light.png`, `NAME-dark.png`. */
export async function screenshots(name: string): Promise<void> {
  if (!canControl()) return;
  for (const theme of ['dark', 'light'] as const) {
    await setTheme(theme);
    await see(theme === 'dark' ? '.monaco-workbench.vs-dark' : '.monaco-workbench.vs');
    await screenshot(`${name}-${theme}`);
  }
}
