import { commands, type Disposable, Uri, window } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type NewPlanResult,
  newPlanRequest,
  type RecipesResult,
  recipesRequest,
} from '../../../server/src/lsp/protocol.ts';
import type { Dialogs } from '../dialogs.ts';
import { askForPlan, writeText } from '../files.ts';
import type { Servers } from '../servers.ts';
import { baselineGroups, chosenBaseline } from '../wizard/baselines.ts';
import { type NewPlanWizard, runNewPlan } from '../wizard/flow.ts';
import { createScreens } from '../wizard/screens.ts';

export interface NewPlanDependencies {
  readonly ready: Promise<LanguageClient>;
  readonly dialogs: Dialogs;
  readonly servers: Servers;
}

/** `switchback.newPlan`: a plan from a few answers, in a file that the user names. */
export function registerNewPlan({ ready, dialogs, servers }: NewPlanDependencies): Disposable {
  const allowedPrograms = new Set<string>();
  return commands.registerCommand('switchback.newPlan', async () => {
    const client = await ready.catch(() => undefined);
    if (!client) {
      void dialogs.error(
        'No plan can be written: Switchback’s background process did not start. The Switchback output channel says more.',
      );
      return;
    }
    const baselines = { client, dialogs, servers, allowedPrograms };
    const wizard: NewPlanWizard = {
      screens: createScreens(),
      recipes: (params) => client.sendRequest<RecipesResult>(recipesRequest, params),
      newPlan: (params) => client.sendRequest<NewPlanResult>(newPlanRequest, params),
      baselines: baselineGroups,
      baselineOf: (choice) => chosenBaseline(choice, baselines),
      async save({ name, baseline }, planIn) {
        const suggested = Uri.joinPath(Uri.parse(baseline.uri), '..', `${name}.migration.yaml`);
        const target = await askForPlan(suggested, dialogs);
        if (!target) return false;
        const made = await planIn(client.code2ProtocolConverter.asUri(Uri.joinPath(target, '..')));
        if ('refused' in made) return made;
        await writeText(target, made.text);
        await window.showTextDocument(target, { preview: false });
        return true;
      },
    };
    try {
      await runNewPlan(wizard);
    } catch (error) {
      void dialogs.error(`No plan was written: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}
