import { z } from "zod";
import type { TargetRef } from "../../../domain/target/target.ts";
import { isFifoQueue } from "../../../domain/queue/fifo.ts";
import type { Context } from "../kind/context.ts";
import { nearest } from "../../../text/nearest.ts";
import { HTTP_URL, urlProblem } from "../../../text/url-problem.ts";

/**
 * What an issue may carry beside its message. Messages never hold the value themselves: what they are about is
 * quoted as the file has it, so that a resolved secret cannot get into one.
 */
export interface IssueNotes {
  /** A configured name near to the wrong one. */
  readonly suggestion?: string | undefined;
  /** The message comes from a parser and may quote the value: it must be withheld if that holds a secret. */
  readonly quotesValue?: boolean;
  /** The value itself holds what nobody should read in a log. */
  readonly hidesValue?: boolean;
}

/** The part of a zod check's context that problems are added to. */
export interface Issues {
  readonly issues: z.core.$ZodRawIssue[];
}

/** Adds a problem, at a path inside the value checked; the checks that come after it run all the same. */
export function addIssue(
  { issues }: Issues,
  message: string,
  { path = [], ...notes }: IssueNotes & { readonly path?: readonly (string | number)[] } = {},
): void {
  issues.push({ code: "custom", input: undefined, message, path: [...path], params: { ...notes }, continue: true });
}

/**
 * Options for checks of an object as a whole: they run even where a property is wrong, so that all problems show at
 * once.
 */
export const ALWAYS: z.core.$ZodSuperRefineParams = {
  when: ({ value }) => typeof value === "object" && value !== null,
};

/** A whole number from `min` to `max`, both included. */
export function wholeNumber(min: number, max: number, description: string) {
  const error = (issue: { code?: string | undefined }) =>
    `must be ${issue.code === "invalid_type" ? "a whole number, " : ""}${min}..${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error }).describe(description);
}

/** A text of a length that nobody reaches except by mistake. */
export function boundedText(description: string) {
  return z.string().max(8192).describe(description);
}

export const description = z.string().max(512).describe("For people: what it is for.");

export const paused = z.boolean().default(false).describe("Whether it is not called, so that its queue fills.");

/** An address to call. Credentials in it would end up in logs and metrics, so they have a place of their own. */
export function httpUrl(description: string) {
  return z
    .string()
    .superRefine((value, context) => {
      const problem = urlProblem(value, HTTP_URL);
      // What stands before an @ may be a password, in a text that is no URL too.
      if (problem !== undefined) addIssue(context, problem, { hidesValue: value.includes("@") });
    })
    .describe(description);
}

const NOUNS: Record<TargetRef["kind"], string> = {
  function: "function",
  "api-destination": "API destination",
  queue: "queue",
  stream: "stream",
  "event-bus": "event bus",
};

/** The name of something that must be configured. A FIFO queue is none: what comes has no message group. */
export function nameOf(context: Context, kind: TargetRef["kind"], description: string) {
  return anyNameOf(context, kind, description).refine((name) => kind !== "queue" || !isFifoQueue(name), {
    error: "must name a standard queue, not a FIFO queue",
  });
}

/** The same, which may be a FIFO queue. */
export function anyNameOf(context: Context, kind: TargetRef["kind"], description: string) {
  return z
    .string()
    .superRefine((value, issues) => {
      const names = context.names[kind];
      if (names.has(value) || !context.allNamesKnown) return;
      addIssue(issues, `must name a configured ${NOUNS[kind]}`, { suggestion: nearest(value, names) });
    })
    .describe(description);
}

/** Where events go that failed for good, with Lambda's and EventBridge's property names. */
export function deadLetterConfig(context: Context) {
  return z
    .strictObject({ queue: nameOf(context, "queue", "The queue that takes them.") })
    .describe("Takes the events that failed for good, with the reason in their headers.");
}

/** Checks that exactly one of the properties is there. */
export function checkExactlyOneOf(keys: readonly string[], value: object, issues: Issues): void {
  const given = keys.filter((key) => Object.hasOwn(value, key));
  if (given.length === 1) return;
  addIssue(issues, `must have exactly one of ${keys.join(", ")}, has ${given.join(" and ") || "none"}`);
}

/** The same for the JSON Schema: editors then offer one of them. */
export function oneOf(keys: readonly string[]) {
  return { oneOf: keys.map((key) => ({ required: [key] })) };
}
