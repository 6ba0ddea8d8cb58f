import type { z } from "zod";
import type { GuardedAction } from "../../domain/access/actions.ts";

/** The path below which both a router's admin port and a console serve the API. */
export const API_PATH = "/api/v1";

/**
 * Of which resource a guard asks the policies. Of an `event-bus`, the query's `bus` names it; without one it is what the
 * second word says: the default bus, all buses, or the bus that only the answer's own data can tell (`found`). So it is with
 * a `job`, whose queue is not in the path, and with an `event-source-mapping`, of which the Lambda API asks.
 */
export type GuardedResource =
  | "everything"
  | "queue"
  | "job/found"
  | "archive"
  | "destination"
  | "function"
  | "event-bus/default"
  | "event-bus/all"
  | "event-bus/found"
  | "event-source-mapping/found";

/** Who may ask for an operation. */
export type Guard =
  /** Everybody: a probe. */
  | "nobody is asked"
  /** Every caller that is known, whatever its policies. */
  | "known callers"
  | { readonly action: GuardedAction; readonly on: GuardedResource };

/**
 * Which server has an operation. A console passes on what is the router's, and what is of the EventBridge or the Lambda API: that to
 * the public port of a router, whose answer it gives as it is, refusals included.
 */
export type ServedBy = "router" | "console" | "each" | "eventbridge" | "lambda";

/** The body of a request. */
export interface BodyForm {
  readonly schema: z.ZodType;
  /** One sentence. */
  readonly about: string;
  readonly isRequired: boolean;
}

/** One operation of the API: what it takes, what it answers, and who may ask for it. */
export interface AdminOperation {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `API_PATH`, a probe's from the root; its parameters stand in braces: `/queues/{queue}/peek`. */
  readonly path: `/${string}`;
  /** One sentence, in the words of the documentation. */
  readonly summary: string;
  readonly guard: Guard;
  readonly servedBy: ServedBy;
  readonly query?: z.ZodObject;
  readonly body?: BodyForm;
  /** Of `json` the whole answer, of `lines` each of its lines. */
  readonly answer: z.ZodType;
  /** How the answer is written: JSON (initial), JSON lines, or the text of Prometheus. */
  readonly answeredAs?: "lines" | "text";
  /** How long its answer may take to begin, where a console passes it on; 30 s where it is not set. */
  readonly answerBeginsMsMax?: number;
  /** The status of its answer: 202 where what was asked for goes on after it; 200 otherwise. */
  readonly status?: 202;
  /** The statuses of its refusals besides those that any operation has. */
  readonly refusals?: readonly (404 | 409 | 413 | 415)[];
}

/** Operations by their names. Their types keep methods, paths and schemas, so that routes and clients are checked. */
export function operations<const Table extends Readonly<Record<string, AdminOperation>>>(table: Table): Table {
  return table;
}

/** The names of a path's parameters. */
export type PathNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathNames<Rest>
  : never;

/** The parameters of an operation's query, as a route reads them. */
export type QueryOf<Of extends AdminOperation> = Of extends { readonly query: infer Query extends z.ZodObject }
  ? z.output<Query>
  : Readonly<Record<string, never>>;

/** The parameters of an operation's query, as a client gives them: numbers and choices are written as texts. */
export type QueryGiven<Of extends AdminOperation> = Of extends { readonly query: infer Query extends z.ZodObject }
  ? { readonly [Name in keyof z.input<Query>]: Given<z.input<Query>[Name]> }
  : Readonly<Record<string, never>>;

type Given<Text> = string extends Text ? Text | number : Text;

/** What an operation answers; of one that answers with lines, each of them. */
export type AnswerOf<Of extends AdminOperation> = z.output<Of["answer"]>;
