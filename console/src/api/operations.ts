import type { AnswerOf, QueryGiven } from "../../../src/admin-api/operations/operation.ts";
import type { OPERATIONS } from "../../../src/admin-api/operations/table.ts";

// Types only: nothing of the table, and nothing of zod, is bundled into the page.

type Operations = (typeof OPERATIONS)[keyof typeof OPERATIONS];

export type Method = Operations["method"];

/** A path without its first slash, with something in the place of each parameter: `queues/${string}/peek`. */
type Filled<Path extends string> = Path extends `/${infer Rest}`
  ? Filled<Rest>
  : Path extends `${infer Before}{${string}}${infer After}`
    ? `${Before}${string}${After extends "" ? "" : FilledRest<After>}`
    : Path;

type FilledRest<Path extends string> = Path extends `${infer Before}{${string}}${infer After}`
  ? `${Before}${string}${FilledRest<After>}`
  : Path;

type AskedWith<Verb extends Method> = Extract<Operations, { readonly method: Verb }>;

/** The paths that can be asked by a method. */
export type PathBy<Verb extends Method> = Filled<AskedWith<Verb>["path"]>;

type OperationAt<Verb extends Method, Path extends string> =
  AskedWith<Verb> extends infer Operation
    ? Operation extends Operations
      ? Path extends Filled<Operation["path"]>
        ? Operation
        : never
      : never
    : never;

/** What is answered there; of an answer of lines, each of them. */
export type AnswerAt<Verb extends Method, Path extends string> = AnswerOf<OperationAt<Verb, Path>>;

/** The query that is known there. What is undefined or empty is left out. */
export type QueryAt<Verb extends Method, Path extends string> = {
  readonly [Name in keyof QueryGiven<OperationAt<Verb, Path>>]?: string | number | undefined;
};

/** The paths of lists that come page by page. */
export type PathOfPages = {
  [Path in PathBy<"GET">]: AnswerAt<"GET", Path> extends { readonly rows: readonly unknown[] } ? Path : never;
}[PathBy<"GET">];

/** A row of such a list. */
export type RowAt<Path extends PathOfPages> =
  AnswerAt<"GET", Path> extends { readonly rows: readonly (infer Row)[] } ? Row : never;
