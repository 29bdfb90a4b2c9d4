import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { SwitchbackApi } from '../../client/src/extension.ts';
import type { Report } from '../../server/src/rehearsal/model.ts';
import { until } from './editor.ts';

/** The extension under test. */
export const extensionId = 'switchback.switchback';

/** Starts the extension where opening a plan has not, and waits for its server. */
export async function switchback(): Promise<SwitchbackApi> {
  const extension = vscode.extensions.getExtension<SwitchbackApi>(extensionId);
  assert.ok(extension, `${extensionId} is not installed`);
  const api = await extension.activate();
  await api.ready;
  return api;
}

/** Waits (ms) for the plan's first report. */
export async function firstReport(api: SwitchbackApi, plan: vscode.Uri, timeout = 20_000): Promise<Report> {
  return await until('a report of the dry run', async () => (await api.reports.last(plan))?.report, timeout);
}

/** Messages that were shown while `work` ran; none waits for anybody. */
export async function messages(api: SwitchbackApi, work: () => Promise<unknown>): Promise<readonly string[]> {
  const said: string[] = [];
  const { info, warn, error } = api.dialogs;
  const record = (message: string) => {
    said.push(message);
    return Promise.resolve(undefined);
  };
  Object.assign(api.dialogs, { info: record, warn: record, error: record });
  try {
    await work();
  } finally {
    Object.assign(api.dialogs, { info, warn, error });
  }
  return said;
}
