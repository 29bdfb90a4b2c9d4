import type { Diagnostic, Range, WorkspaceEdit } from 'vscode-languageserver';
import type { StepEntry } from '../features/steps.ts';
import type { Timing } from '../features/timing.ts';
import type { AskedQuestion } from '../recipes/questions.ts';
import type { ChecklistReport, Report } from '../rehearsal/model.ts';
import type { Basis } from '../timing/model.ts';

/** Requests beyond the Language Server Protocol. The client imports this file for its types and names alone. */
export const dryRunRequest = 'switchback/dryRun';

export interface DryRunParams {
  readonly uri: string;
  /** Fabricated rows per table; the setting's value. */
  readonly rows: number;
  /** ms a step may take. */
  readonly stepTimeout: number;
  /** The id of a step: runs those before it without proofs, then this one with its proofs, and no more. */
  readonly only?: string;
  /** A real server to run on; the embedded Postgres where absent. */
  readonly server?: ServerChoice;
  /** Puts load on while the steps run, on a server alone: at the plan's `traffic`. The settings' values: ms, connections. */
  readonly load?: { readonly maxWait?: number; readonly pool?: number };
  /** For `$/progress`. */
  readonly workDoneToken: string | number;
}

export type DryRunResult =
  /**
   * The text is the report as a terminal shows it, with colours. The preview is what the plan will cost production, by
   * the run's times where those tell of it; absent where nothing was run.
   */
  | { readonly report: Report; readonly text: string; readonly preview?: ToldPreview }
  /**
   * The plan cannot be run at all, e.g. YAML that does not parse: what to do about it, in a sentence. `password`:
   * since the server wants one, or another one.
   */
  | { readonly refused: string; readonly password?: true };

/** A server as the user picked it. */
export interface ServerChoice {
  /** `server`: on a server, in a scratch database. `clone`: in what the project's clone commands make. */
  readonly kind: 'server' | 'clone';
  /** A URL or keyword=value pairs, without a password; what the server process's environment says where empty. */
  readonly connection: string;
  /** Sealed with the key of `passwordKeyRequest`, since messages may be traced into a log. */
  readonly password?: string;
}

/** Reads the schema and the tables' figures of a server for a plan; changes nothing, there or in the files. */
export const captureRequest = 'switchback/capture';

export interface CaptureParams {
  readonly uri: string;
  readonly server: ServerChoice;
}

export type CaptureResult =
  | {
      readonly schema: {
        readonly uri: string;
        /** As the plan has it. */
        readonly path: string;
        readonly text: string;
        /** Whether the plan names the file: one that it does not is nobody's to replace. */
        readonly isNamed: boolean;
      };
      /** The plan with the figures in it; undefined where nothing changes. `version` is that of the document. */
      readonly plan: { readonly text: string; readonly version: number } | undefined;
      /** Tables whose figures are in it. */
      readonly tables: readonly string[];
      /** `host/database`. */
      readonly from: string;
    }
  | { readonly refused: string; readonly password?: true };

/**
 * Reads the schema and the tables' figures of a server for a plan that is yet to be written, once the user has confirmed
 * it; changes nothing, there or in the files.
 */
export const captureBaselineRequest = 'switchback/captureBaseline';

export interface CaptureBaselineParams {
  readonly server: ServerChoice;
}

export type CaptureBaselineResult =
  | {
      readonly text: string;
      readonly pgVersion: number;
      readonly figures: Figures;
      /** `host/database`. */
      readonly from: string;
    }
  | { readonly refused: string; readonly password?: true };

/** Rows and sizes of tables, as answers to the questions `rows` and `size`: `users=8000000,orders=100`. */
export interface Figures {
  readonly rows?: string;
  readonly size?: string;
}

/**
 * The DDL of a Prisma schema, by `prisma migrate diff` of the workspace's own node_modules, which a trusted workspace alone
 * may run. Without `confirmed` it answers with what it would run. Cancelling the request stops it.
 */
export const prismaSchemaRequest = 'switchback/prismaSchema';

export interface PrismaSchemaParams {
  /** The schema's file. */
  readonly uri: string;
  readonly confirmed: boolean;
}

export type PrismaSchemaResult =
  | { readonly text: string }
  /** The program's file, its version, and its arguments. */
  | { readonly confirm: { readonly program: string; readonly version: string; readonly command: string } }
  /** Why there is none, in a sentence. */
  | { readonly refused: string };

/** Client to server: the public key, PEM, with which a password is sealed for the server process. */
export const passwordKeyRequest = 'switchback/passwordKey';

/** Server to client: shows `ServerIdentity` and asks whether dry runs may work there. Answers with a boolean. */
export const confirmServerRequest = 'switchback/confirmServer';

export interface ConfirmServerParams {
  /** `host/database`. */
  readonly name: string;
  readonly place: string;
  readonly database: string;
  readonly user: string;
  readonly version: string;
  readonly isClone: boolean;
  /** What for; a dry run where absent. */
  readonly purpose?: 'checklist' | 'capture';
  /** What looks like production, each in a sentence, where that does not stand in the way. */
  readonly signs?: readonly string[];
}

/** Asks a server what a plan's checklist asks; changes nothing there. */
export const checklistRequest = 'switchback/checklist';

export interface ChecklistParams {
  readonly uri: string;
  readonly server: ServerChoice;
}

export type { ChecklistReport, EntryReport } from '../rehearsal/model.ts';

export type ChecklistResult =
  /** The version is that of the document whose offsets the report has. */
  | { readonly report: ChecklistReport; readonly version: number }
  | { readonly refused: string; readonly password?: true };

/** Server to client: a server looks like production. Answers with whether the run goes on all the same. */
export const overrideServerRequest = 'switchback/overrideServer';

export interface OverrideServerParams {
  readonly name: string;
  /** Why, each in a sentence. */
  readonly signs: readonly string[];
}

/** `initializationOptions` of the client. */
export interface InitializationOptions {
  /** Folder with the built files: the WebAssembly parser, the embedded Postgres. */
  readonly distPath: string;
  /** Rule pages: `docsBase` + `/` + rule id + `.md`. */
  readonly docsBase: string;
  readonly trusted: boolean;
  /** The client has `allowCommand`, `saveSettingsCommand` and `proveStepCommand`; one that has not gets plain edits. */
  readonly commands?: boolean;
}

/**
 * Checks one file now, open or not. An open .sql file is checked from then on, with each edit, until it is
 * closed: without this request other extensions' SQL files are left alone.
 */
export const checkRequest = 'switchback/check';

export interface CheckParams {
  readonly uri: string;
}

export type CheckResult =
  | {
      /** The same that a pull of its diagnostics gives. */
      readonly diagnostics: readonly Diagnostic[];
    }
  /** Why the file cannot be checked at all, in a sentence. */
  | { readonly refused: string };

/** The steps of one plan, open or not: what a dry run of it would prove. */
export const stepsRequest = 'switchback/steps';

export interface StepsParams {
  readonly uri: string;
}

export interface StepItem extends Omit<StepEntry, 'nameRange'> {
  /** Where its name stands. */
  readonly range: Range;
}

export type StepsResult =
  /** The plan's title; empty where it has none yet. */
  | { readonly plan: string; readonly steps: readonly StepItem[] }
  /** Why the file cannot be read, in a sentence. */
  | { readonly refused: string };

/** What a plan will cost production, told from its figures; runs nothing. */
export const previewRequest = 'switchback/preview';

export interface PreviewParams {
  readonly uri: string;
}

/** A preview as a page shows it. */
export interface ToldPreview extends Timing {
  /** Zero-based, by step id. */
  readonly lines: Readonly<Record<string, number>>;
}

export type PreviewResult =
  | ToldPreview
  /** Why there is none, in a sentence. */
  | { readonly refused: string };

/**
 * What plans can be written for. With a type, its questions too: with what the baseline has to answer them with, by the
 * answers so far. A wizard asks again after each answer.
 */
export const recipesRequest = 'switchback/recipes';

export interface RecipesParams {
  readonly baseline?: PlanBaseline;
  readonly type?: string;
  readonly answers?: Readonly<Record<string, string>>;
  /** What a server said: its figures become defaults. */
  readonly figures?: Figures;
}

/** The schema that a plan starts from. */
export interface PlanBaseline {
  /** The file with its DDL. */
  readonly uri: string;
  /** Production's major version; what pg_dump wrote into the file, else 16, where absent. */
  readonly pgVersion?: number;
}

export interface RecipeItem {
  readonly type: string;
  readonly title: string;
  readonly summary: string;
}

export type { AskedQuestion } from '../recipes/questions.ts';

export type RecipesResult =
  | {
      readonly recipes: readonly RecipeItem[];
      /** Of the type that was asked for, those that are to be asked, in order. */
      readonly questions: readonly AskedQuestion[];
      /** Where a baseline was given. */
      readonly pgVersion?: number;
    }
  /** Why the baseline cannot be used, in a sentence. */
  | { readonly refused: string };

/** Writes a plan from answers; the client makes the file. */
export const newPlanRequest = 'switchback/newPlan';

export interface NewPlanParams {
  readonly type: string;
  readonly answers: Readonly<Record<string, string>>;
  readonly baseline: PlanBaseline;
  /** Where the plan is to stand: the baseline's path in it is relative to this. The baseline's folder where absent. */
  readonly folderUri?: string;
}

export type NewPlanResult =
  /** `name` is for the file, without its ending `.migration.yaml`. */
  | { readonly text: string; readonly name: string }
  /** Why there is none; `question` is the one whose answer is at fault. */
  | { readonly refused: string; readonly question?: string };

/** A migration of another tool as a plan; the client makes the files. */
export const convertSqlRequest = 'switchback/convertSql';

export interface ConvertSqlParams {
  /** The migration's file. */
  readonly uri: string;
  /** Its text, where an editor has another than the file. */
  readonly text?: string;
  /** Where the plan is to stand. */
  readonly planUri: string;
  /** DDL of the database before it; what the migrations before it make, where absent. */
  readonly schemaUri?: string;
  readonly pgVersion: number;
}

export type ConvertSqlResult =
  | {
      readonly text: string;
      /** What was not taken over, or on which terms, in sentences. */
      readonly notes: readonly string[];
      /** The baseline that the plan names, where it is to be written too; what is there already is nobody's to replace. */
      readonly schema?: { readonly uri: string; readonly text: string };
    }
  /** Why there is none, in a sentence. */
  | { readonly refused: string };

/** Makes a file of a plan for those who carry it out, or for what watches it; writes nothing. */
export const exportRequest = 'switchback/export';

export interface ExportParams {
  readonly uri: string;
  readonly what: 'runbook' | 'runbook-html' | 'alerts' | 'queries' | 'job';
  /** For a job: the id of its step, where the plan has several backfills. */
  readonly step?: string;
  /** For a runbook: the plan's last dry run. */
  readonly report?: Report;
}

export type ExportResult =
  /** Notes are sentences for the user: what is not in it, and what is wrong with the plan. */
  | { readonly text: string; readonly notes: readonly string[] }
  /** One of these has to be named. */
  | { readonly choose: readonly { readonly id: string; readonly step: string }[] }
  /** Why there is none, in a sentence. */
  | { readonly refused: string };

/** A command of the client, with a plan's URI and, for a single step, its id: what a code lens runs. */
export const proveStepCommand = 'switchback.proveStep';

/** Client to server: the edit that writes what is predicted into the `estimate` of an open plan's steps. */
export const estimatesRequest = 'switchback/estimates';

export interface EstimatesParams {
  readonly uri: string;
}

export type EstimatesResult =
  | {
      readonly edit: WorkspaceEdit;
      /** How many steps it changes. */
      readonly written: number;
      /** Ids of steps that could not be written without touching something else. */
      readonly left: readonly string[];
      readonly basis: Basis;
    }
  | { readonly refused: string };

/** A command of the client, with a plan's URI: opens its timing. */
export const previewTimingCommand = 'switchback.previewTiming';

/** Client to server, without parameters: the user trusts the workspace from now on. */
export const trustedNotification = 'switchback/trusted';

/** Server to client, after a document was checked. */
export const statusNotification = 'switchback/status';

export interface StatusParams {
  readonly uri: string;
  /** The document's version that was checked. */
  readonly version: number;
  /** The major version of Postgres that locks and rules are told for. */
  readonly pgVersion: number;
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
}

/** A command of the client, with `AllowParams` but for the reason: asks for that, then sends `allowRequest`. */
export const allowCommand = 'switchback.allow';

/** A command of the client, with the URI of a settings file: saves it, since its text counts from then on. */
export const saveSettingsCommand = 'switchback.saveSettings';

/** The edit that silences a finding's rule, with the reason that the user gave. */
export const allowRequest = 'switchback/allow';

export type AllowScope = 'statement' | 'file' | 'step' | 'phase' | 'plan';

export interface AllowParams {
  readonly uri: string;
  /** The document's version that the finding is of. */
  readonly version: number;
  readonly rule: string;
  readonly scope: AllowScope;
  /** Where the finding starts. */
  readonly offset: number;
  /** The id of the step that it is about. */
  readonly step?: string;
  readonly reason: string;
}

export type AllowResult = { readonly edit: WorkspaceEdit } | { readonly refused: string };
