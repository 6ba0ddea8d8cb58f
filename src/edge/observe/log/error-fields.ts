import { inspect } from "node:util";
import { cutText } from "../../../text/cut-text.ts";

/** Causes of causes beyond this are left out; an error may also be its own cause. */
const CAUSES_MAX = 5;

/** How many of an AggregateError's errors are logged: one for each address that was tried. */
const ERRORS_MAX = 4;

/** A cause is kept as long as its failure repeats. */
const CAUSE_BYTES_MAX = 512;

interface ErrorFields {
  readonly type: string;
  readonly message: string;
  readonly code?: string | number;
  readonly stack?: string;
  readonly cause?: ErrorFields;
  readonly errors?: readonly ErrorFields[];
}

/**
 * An error as fields of a log line, with its causes. Of its other properties only `code` is taken: libraries hang
 * whole requests and connection options on their errors.
 */
export function errorFields(error: unknown, depth = 0): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error, message: textOf(error) };
  const code: unknown = "code" in error ? error.code : undefined;
  const deeper = depth < CAUSES_MAX;
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(deeper && error.cause !== undefined ? { cause: errorFields(error.cause, depth + 1) } : {}),
    ...(deeper && error instanceof AggregateError ? { errors: firstErrors(error, depth) } : {}),
  };
}

/** What distinguishes one failure from another, without what differs each time. */
export function errorCause(error: unknown): string {
  const { type, code, message } = errorFields(error, CAUSES_MAX);
  return cutText(`${type} ${code ?? message}`, CAUSE_BYTES_MAX);
}

function firstErrors(error: AggregateError, depth: number): readonly ErrorFields[] {
  return error.errors.slice(0, ERRORS_MAX).map((one) => errorFields(one, depth + 1));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : inspect(value, { depth: 1 });
}
