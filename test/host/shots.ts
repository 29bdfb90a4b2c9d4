import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { launchBrowser } from './browser.ts';
import { startCodeServer } from './code-server.ts';
import { screenshot } from './control.ts';
import { copyExamples, root } from './examples.ts';
import { workbenchUrl } from './workbench.ts';

const themes = { dark: 'Default Dark Modern', light: 'Default Light Modern' };

interface Options {
  /** Of examples/, e.g. `as-published/as-published.migration.yaml`. */
  readonly files: readonly string[];
  /** Pressed or typed one after the other once the file is shown: `F8`, `text:Switchback`. */
  readonly keys: readonly string[];
  readonly size: { readonly width: number; readonly height: number };
  readonly out: string;
  /** Appended to the pictures' names. */
  readonly label: string;
}

/** Takes a picture of each file in the dark and the light theme: `NAME-dark.png`, `NAME-light.png`. */
async function shoot(options: Options): Promise<void> {
  const browser = await launchBrowser();
  try {
    for (const theme of ['dark', 'light'] as const)
      await shootInTheme(options, theme, () => browser.newPage());
  } finally {
    await browser.close();
  }
}

async function shootInTheme(
  options: Options,
  theme: keyof typeof themes,
  newPage: () => Promise<Page>,
): Promise<void> {
  const copy = await copyExamples();
  const server = await startCodeServer({
    dataFolder: copy.userData,
    extensionsFolder: copy.extensions,
    enforceTrust: false,
    env: {},
    settings: { 'workbench.colorTheme': themes[theme] },
  });
  try {
    for (const file of options.files) {
      const page = await newPage();
      await page.setViewportSize(options.size);
      await page.goto(
        workbenchUrl({
          port: server.port,
          host: 'localhost',
          folder: copy.workspace,
          extensionPath: root,
          file: join(copy.workspace, file),
        }),
      );
      await showFile(page, options.keys);
      const name = [basename(file).split('.')[0], options.label, theme]
        .filter((part) => part !== '')
        .join('-');
      console.log(await screenshot(page, options.out, name));
      await page.close();
    }
  } finally {
    await server.close();
    await copy.remove();
  }
}

async function showFile(page: Page, keys: readonly string[]): Promise<void> {
  await page.locator('.view-lines').first().waitFor({ timeout: 30_000 });
  // A plan without findings has none to wait for.
  await page
    .locator('#status\\.problems')
    .filter({ hasNotText: /^\s*0\s*0\s*$/ })
    .waitFor({ timeout: 5_000 })
    .catch(() => undefined);
  await page.locator('.view-lines').first().click();
  for (const key of keys) {
    if (key.startsWith('text:')) await page.keyboard.type(key.slice('text:'.length));
    else if (key.startsWith('wait:')) await page.waitForTimeout(Number(key.slice('wait:'.length)));
    else await page.keyboard.press(key);
    await page.waitForTimeout(200);
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      key: { type: 'string', multiple: true, default: [] },
      width: { type: 'string', default: '1280' },
      height: { type: 'string', default: '800' },
      out: { type: 'string', default: join(root, 'test/artefacts') },
      label: { type: 'string', default: '' },
    },
  });
  if (positionals.length === 0) throw new Error('usage: shots.ts [--key KEY]… FILE-OF-EXAMPLES…');
  await shoot({
    files: positionals,
    keys: values.key,
    size: { width: Number(values.width), height: Number(values.height) },
    out: resolve(values.out),
    label: values.label,
  });
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
