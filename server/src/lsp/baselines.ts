import { type CancellationToken, LSPErrorCodes, ResponseError } from 'vscode-languageserver';
import { prismaCommand, runPrisma } from '../prisma-schema.ts';
import { figuresOf } from '../rehearsal/captured-figures.ts';
import { captureServer } from '../rehearsal/server-capture.ts';
import { placeOf, serverName } from '../rehearsal/server-errors.ts';
import { pathOf } from './files.ts';
import type {
  CaptureBaselineResult,
  PrismaSchemaParams,
  PrismaSchemaResult,
  ServerChoice,
} from './protocol.ts';
import { reachable, type ServerQuestions } from './server-engine.ts';

interface Trust {
  readonly isTrusted: boolean;
}

/** Answers `captureBaselineRequest`: asks the server that the user picked, once it is confirmed. */
export async function captureBaseline(
  choice: ServerChoice,
  { questions, isTrusted }: Trust & { readonly questions: ServerQuestions },
): Promise<CaptureBaselineResult> {
  if (!isTrusted) return { refused: 'Capturing a schema runs pg_dump, so it needs a trusted workspace.' };
  const target = await reachable(choice);
  if ('refused' in target) return target;
  const { database, user } = target;
  try {
    const captured = await captureServer(target, undefined, (version) =>
      questions.confirm({
        name: serverName(target),
        place: placeOf(target),
        database,
        user,
        version,
        isClone: false,
        purpose: 'capture',
      }),
    );
    if (!captured) return { refused: 'The server was not confirmed: nothing was read.' };
    const { sql, version, tables } = captured;
    return {
      text: sql,
      pgVersion: Number.parseInt(version, 10),
      figures: figuresOf(tables),
      from: serverName(target),
    };
  } catch (error) {
    if (error instanceof Error) return { refused: error.message };
    throw error;
  }
}

/** Answers `prismaSchemaRequest`. */
export async function prismaSchema(
  { uri, confirmed }: PrismaSchemaParams,
  { isTrusted }: Trust,
  token: CancellationToken,
): Promise<PrismaSchemaResult> {
  if (!isTrusted)
    return { refused: 'It is made by the workspace’s own prisma, which a trusted workspace alone may run.' };
  const path = pathOf(uri);
  if (path === undefined) return { refused: 'The Prisma schema is not on a local disk.' };
  const command = prismaCommand(path);
  if ('problem' in command) return { refused: command.problem };
  const { program, version, args } = command;
  if (!confirmed) return { confirm: { program, version, command: ['prisma', ...args].join(' ') } };
  const controller = new AbortController();
  const cancelled = token.onCancellationRequested(() => controller.abort());
  try {
    return { text: await runPrisma(command, controller.signal) };
  } catch (error) {
    if (controller.signal.aborted)
      throw new ResponseError(LSPErrorCodes.RequestCancelled, 'The request was cancelled.');
    if (error instanceof Error) return { refused: error.message };
    throw error;
  } finally {
    cancelled.dispose();
  }
}
