import { z } from "zod";
import type { RecordTarget } from "../../../domain/target/function.ts";
import { splitFunctionName } from "../../../domain/target/function-version.ts";
import type { FunctionRef, TargetRef } from "../../../domain/target/target.ts";
import { functionRef } from "../../../domain/target/target.ts";
import type { Context } from "../kind/context.ts";
import { ALWAYS, checkExactlyOneOf, nameOf, oneOf } from "../parts/fields.ts";

const RECORD_TARGETS = ["queue", "function", "eventBus"] as const;
export const TARGETS = ["function", "queue", "stream", "apiDestination", "eventBus"] as const;

/** The properties that point at something, one of which an object of ours has. */
export interface Pointer {
  readonly function?: string;
  readonly queue?: string;
  readonly stream?: string;
  readonly apiDestination?: string;
  readonly eventBus?: string;
}

/** Where a function's success or failure record goes. */
export function recordTargetSchema(context: Context, description: string) {
  return z
    .strictObject({
      queue: nameOf(context, "queue", "The queue that takes the record.").exactOptional(),
      function: nameOf(context, "function", "The function that is called with the record.").exactOptional(),
      eventBus: nameOf(context, "event-bus", "The event bus that the record is put on as an event.").exactOptional(),
    })
    .superRefine((value, issues) => checkExactlyOneOf(RECORD_TARGETS, value, issues), ALWAYS)
    .meta({ description, ...oneOf(RECORD_TARGETS) });
}

/** What a checked pointer points at. */
export function toTargetRef(pointer: Pointer): TargetRef {
  if (pointer.apiDestination !== undefined) return { kind: "api-destination", name: pointer.apiDestination };
  if (pointer.stream !== undefined) return { kind: "stream", name: pointer.stream };
  return toRecordTarget(pointer);
}

/** A function, or a version or alias of it: `NAME:live`. */
export function toFunctionRef(text: string): FunctionRef {
  const { name, qualifier } = splitFunctionName(text);
  return functionRef(name, qualifier);
}

/** The same where streams and API destinations are not among the choices. */
export function toRecordTarget(pointer: Omit<Pointer, "stream" | "apiDestination">): RecordTarget {
  if (pointer.function !== undefined) return toFunctionRef(pointer.function);
  if (pointer.queue !== undefined) return { kind: "queue", name: pointer.queue };
  if (pointer.eventBus !== undefined) return { kind: "event-bus", name: pointer.eventBus };
  throw new Error("a pointer that points at nothing was not refused");
}
