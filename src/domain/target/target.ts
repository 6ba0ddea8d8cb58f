import type { Template } from "../rule/template.ts";

/** What a rule's target, or a function's record, goes to. */
export type TargetRef =
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "api-destination"; readonly name: string }
  | { readonly kind: "queue"; readonly name: string }
  | { readonly kind: "event-bus"; readonly name: string };

/** A target that is called. It has a queue of its own, attempts and retries. */
export type DestinationRef = Extract<TargetRef, { kind: "function" | "api-destination" }>;

/** `function/NAME` or `api-destination/NAME`: the metric label and the `busbar-destination` header. */
export function destinationLabel(destination: DestinationRef): string {
  return `${destination.kind}/${destination.name}`;
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

/** How long and how often an API destination is tried again. */
export interface RetryPolicy {
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeInSeconds: number;
}

export interface Target {
  /** The target's key in the rule. */
  readonly id: string;
  readonly to: TargetRef;
  readonly input: TargetInput;
  /** Set on API destinations only. */
  readonly retryPolicy?: RetryPolicy;
  /** The name of the queue for events that failed for good. */
  readonly deadLetterQueue?: string;
}
