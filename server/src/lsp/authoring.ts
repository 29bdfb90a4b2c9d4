import { type Connection, RequestType } from 'vscode-languageserver';
import type { Parsers } from '../analyze.ts';
import { captureBaseline, prismaSchema } from './baselines.ts';
import { convertSql } from './convert-sql.ts';
import type { createHandler } from './handler.ts';
import { newPlanFor, recipesFor } from './new-plan.ts';
import {
  type CaptureBaselineParams,
  type CaptureBaselineResult,
  type ConvertSqlParams,
  type ConvertSqlResult,
  captureBaselineRequest,
  convertSqlRequest,
  type NewPlanParams,
  type NewPlanResult,
  newPlanRequest,
  type PrismaSchemaParams,
  type PrismaSchemaResult,
  prismaSchemaRequest,
  type RecipesParams,
  type RecipesResult,
  recipesRequest,
} from './protocol.ts';
import type { SealedBox } from './sealed.ts';
import { opened, serverQuestions } from './server-engine.ts';
import type { Sources } from './sources.ts';

interface AuthoringDependencies {
  readonly handler: ReturnType<typeof createHandler>;
  readonly library: () => Promise<{ readonly parsers: Parsers; readonly sources: Sources }>;
  readonly box: SealedBox;
  /** What is said where we failed ourselves. */
  readonly failure: string;
  readonly isTrusted: () => boolean;
}

/** Serves what plans are written with: recipes, conversion, and the baselines that they start from. */
export function serveAuthoring(connection: Connection, dependencies: AuthoringDependencies): void {
  const { handler, library, box, failure, isTrusted } = dependencies;
  connection.onRequest(
    new RequestType<RecipesParams, RecipesResult, void>(recipesRequest),
    handler<RecipesParams, RecipesResult>(recipesRequest, { refused: failure }, async (params) =>
      recipesFor(params, await library()),
    ),
  );
  connection.onRequest(
    new RequestType<NewPlanParams, NewPlanResult, void>(newPlanRequest),
    handler<NewPlanParams, NewPlanResult>(newPlanRequest, { refused: failure }, async (params) =>
      newPlanFor(params, await library()),
    ),
  );
  connection.onRequest(
    new RequestType<ConvertSqlParams, ConvertSqlResult, void>(convertSqlRequest),
    handler<ConvertSqlParams, ConvertSqlResult>(convertSqlRequest, { refused: failure }, async (params) =>
      convertSql(params, await library()),
    ),
  );
  connection.onRequest(
    new RequestType<CaptureBaselineParams, CaptureBaselineResult, void>(captureBaselineRequest),
    handler<CaptureBaselineParams, CaptureBaselineResult>(
      captureBaselineRequest,
      { refused: failure },
      ({ server }) =>
        captureBaseline(opened(server, box), {
          questions: serverQuestions(connection),
          isTrusted: isTrusted(),
        }),
    ),
  );
  connection.onRequest(
    new RequestType<PrismaSchemaParams, PrismaSchemaResult, void>(prismaSchemaRequest),
    handler<PrismaSchemaParams, PrismaSchemaResult>(
      prismaSchemaRequest,
      { refused: failure },
      (params, token) => prismaSchema(params, { isTrusted: isTrusted() }, token),
    ),
  );
}
