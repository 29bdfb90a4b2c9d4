import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Frame, Page } from 'playwright-core';

/** What the suite, which runs in the extension host, may ask of the page that a person would look at. */
export interface ControlActions {
  /** Shows the suite's own output, in order. */
  print: { text: string };
  /** Keeps a picture `NAME.png` of the whole window among the artefacts; answers with its path. */
  screenshot: { name: string };
  /** A key or chord as Playwright names them: `Enter`, `Control+Shift+P`. */
  press: { key: string };
  type: { text: string };
  click: { selector: string };
  /** The texts of all matching elements, the visible ones alone, in every frame (a view's too). */
  query: { selector: string };
  /** Waits for a visible match that contains `text`; answers with its text. */
  waitFor: { selector: string; text?: string; timeout?: number };
}

export interface Control {
  /** For the suite's environment: the address, with the word that opens it. */
  readonly url: string;
  close(): Promise<void>;
}

export const controlVariable = 'SWITCHBACK_CONTROL';

/** Serves the actions on 127.0.0.1 to whoever knows the address. `page` may come later than the server. */
export async function startControl(page: Promise<Page>, artefacts: string): Promise<Control> {
  const secret = randomBytes(16).toString('hex');
  const server = createServer((request, response) => {
    const [, word, action] = (request.url ?? '').split('/');
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? null));
    if (request.method !== 'POST' || word !== secret) return answer(404, { error: 'not found' });
    Promise.all([page, readJson(request)])
      .then(([shown, body]) => perform(shown, artefacts, action ?? '', body))
      .then((result) => answer(200, result))
      .catch((error: Error) => answer(500, { error: error.message }));
  });
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return {
    url: `http://127.0.0.1:${address.port}/${secret}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text) as Record<string, unknown>;
}

async function perform(
  page: Page,
  artefacts: string,
  action: string,
  body: Record<string, unknown>,
): Promise<unknown> {
  const word = (key: string): string => {
    const value = body[key];
    if (typeof value !== 'string') throw new Error(`${action} needs a ${key}`);
    return value;
  };
  switch (action) {
    case 'print':
      return void process.stdout.write(word('text'));
    case 'screenshot':
      return await screenshot(page, artefacts, word('name'));
    case 'press':
      return await page.keyboard.press(word('key'));
    case 'type':
      return await page.keyboard.type(word('text'), { delay: 5 });
    case 'click':
      return await click(page, word('selector'));
    case 'query':
      return (await Promise.all(page.frames().map((frame) => visibleTexts(frame, word('selector'))))).flat();
    case 'waitFor':
      return await waitFor(page, word('selector'), String(body.text ?? ''), Number(body.timeout ?? 10_000));
    default:
      throw new Error(`no action called ${action}`);
  }
}

/** Waits until two pictures in a row are alike, so that nothing is caught half drawn. */
export async function screenshot(page: Page, artefacts: string, name: string): Promise<string> {
  if (!/^[\w.-]+$/.test(name)) throw new Error(`a screenshot's name is a file name, not ${name}`);
  await mkdir(artefacts, { recursive: true });
  const path = join(artefacts, `${name}.png`);
  const shoot = () => page.screenshot({ path, caret: 'hide', animations: 'disabled' });
  let last = await shoot();
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await page.waitForTimeout(100);
    const next = await shoot();
    if (next.equals(last)) break;
    last = next;
  }
  return path;
}

async function click(page: Page, selector: string): Promise<void> {
  for (const frame of page.frames()) {
    const found = frame.locator(selector).filter({ visible: true });
    if ((await found.count()) > 0) return await found.first().click({ timeout: 5_000 });
  }
  throw new Error(`no visible ${selector} to click`);
}

async function visibleTexts(frame: Frame, selector: string): Promise<string[]> {
  const found = frame.locator(selector).filter({ visible: true });
  // A view that closes meanwhile has nothing to say.
  const texts = await found.allInnerTexts().catch(() => []);
  // The editor draws its spaces so that they do not break.
  return texts.map((text) => text.replaceAll('\u00a0', ' '));
}

async function waitFor(page: Page, selector: string, text: string, timeout: number): Promise<string> {
  const deadline = Date.now() + timeout;
  let seen: string[] = [];
  while (Date.now() < deadline) {
    seen = (await Promise.all(page.frames().map((frame) => visibleTexts(frame, selector)))).flat();
    const match = seen.find((candidate) => candidate.includes(text));
    if (match !== undefined) return match;
    await page.waitForTimeout(50);
  }
  throw new Error(
    `after ${timeout} ms no visible ${selector} contains ${JSON.stringify(text)}; seen: ${JSON.stringify(seen)}`,
  );
}
