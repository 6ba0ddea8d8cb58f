import type { HttpParameters } from "./http-parameters.ts";
import type { Template } from "../rule/template.ts";

/** What a rule's target, or a function's record, goes to. */
export type TargetRef =
  | FunctionRef
  | { readonly kind: "api-destination"; readonly name: string }
  | { readonly kind: "queue"; readonly name: string }
  | { readonly kind: "stream"; readonly name: string }
  | { readonly kind: "event-bus"; readonly name: string };

/** A function, and the version or alias of it that is meant; without one it is the function itself, `$LATEST`. */
export interface FunctionRef {
  readonly kind: "function";
  readonly name: string;
  readonly qualifier?: string;
}

/** An archive, which the rule that it manages goes to. */
export interface ArchiveRef {
  readonly kind: "archive";
  readonly name: string;
}

/** What a target names that was put over the API; `other` is something that Busbar has not, by its ARN: each delivery fails. */
export type PutTarget = TargetRef | { readonly kind: "other"; readonly name: string };

/** What a target of a rule names. */
export type NamedTarget = PutTarget | ArchiveRef;

/** A target that is called. It has a queue of its own, attempts and retries. */
export type DestinationRef = Extract<TargetRef, { kind: "function" | "api-destination" }>;

/** @param qualifier the version or alias that is meant, if one is. */
export function functionRef(name: string, qualifier: string | undefined): FunctionRef {
  return { kind: "function", name, ...(qualifier === undefined ? {} : { qualifier }) };
}

/** The version or alias that a destination names; undefined where it names none. */
export function qualifierOf(destination: DestinationRef): string | undefined {
  return destination.kind === "function" ? destination.qualifier : undefined;
}

/** All versions of a function have one label and one queue: `function/NAME` or `api-destination/NAME`: the metric label and the `busbar-destination` header. */
export function destinationLabel(destination: DestinationRef): string {
  return `${destination.kind}/${destination.name}`;
}

/** What has a circuit: a destination, or one version of a function, as `function/NAME:2`. */
export function circuitLabel(destination: DestinationRef): string {
  const version = qualifierOf(destination);
  return version === undefined ? destinationLabel(destination) : `${destinationLabel(destination)}:${version}`;
}

/** Reads a `destinationLabel`; undefined when it is of neither kind. */
export function parseDestinationLabel(label: string): DestinationRef | undefined {
  const slash = label.indexOf("/");
  const kind = label.slice(0, slash);
  const name = label.slice(slash + 1);
  return (kind === "function" || kind === "api-destination") && name !== "" ? { kind, name } : undefined;
}

/** A target's payload: the event, or the result of `input`, `inputPath` or `inputTransformer`. */
export type TargetInput =
  | { readonly kind: "event" }
  | { readonly kind: "constant"; readonly json: string }
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "template"; readonly template: Template };

/** How long and how often a target is tried until it is reached. */
export interface RetryPolicy {
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeInSeconds: number;
}

/** How long a target may delay what it gets, as SQS has it for a message. */
export const TARGET_DELAY_SECONDS_MAX = 900;

/** How events are collected, to be given to a function together. */
export interface TargetBatch {
  /** Events of one call. */
  readonly size: number;
  /** How long a batch is collected, from its first event on. With 0 a call has what is there. */
  readonly windowSeconds: number;
  /** A JSON path into the event: a batch has only events in which it finds the same. Without it, they may be any. */
  readonly groupBy?: string;
}

export interface Target {
  /** The target's key in the rule. */
  readonly id: string;
  readonly to: NamedTarget;
  readonly input: TargetInput;
  /** Set on functions and API destinations only. */
  readonly retryPolicy?: RetryPolicy;
  /** Set on API destinations only. */
  readonly httpParameters?: HttpParameters;
  /** Set on queues only: which of their messages belong together, for consumers that keep those in order. */
  readonly messageGroupId?: string;
  /** Set on what is called and on standard queues only: how much later than it is accepted an event is handed out, more than 0. */
  readonly delaySeconds?: number;
  /** Set on functions only: without it, each event is given to the function by itself. */
  readonly batch?: TargetBatch;
  /** Set on streams only: the JSON path into the event that finds the partition key. Without it the key is the event's id. */
  readonly partitionKeyPath?: string;
  /** The name of the queue for events that failed for good. */
  readonly deadLetterQueue?: string;
  /** What it goes to is not there, which only a target that was put over the API can be. */
  readonly isGone?: true;
}
