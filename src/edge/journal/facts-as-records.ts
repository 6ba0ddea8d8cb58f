import type { AttemptFacts, DeadLetterFact, RoutedFact } from "../../domain/facts.ts";
import type { RecordOf } from "../../domain/journal/records.ts";
import type { Failure } from "../../domain/failure/outcome.ts";
import type { TargetRef } from "../../domain/target/target.ts";
import { cutText } from "../../text/cut-text.ts";

/** What one record lists of a kind at most: an event may make a thousand deliveries. */
const LISTED_MAX = 100;
const MESSAGE_BYTES_MAX = 1_024;

type Routed = RecordOf<"event">["routed"];
type Letter = Routed["letters"][number];

/** `function/NAME`, `queue/NAME` and so on. */
export function labelOf({ kind, name }: TargetRef): string {
  return `${kind}/${name}`;
}

/** The dead letters that an event became at once where it was routed. */
export function lettersOf(
  { event }: RoutedFact,
  deadLetters: AttemptFacts["deadLetters"],
): AttemptFacts["deadLetters"] {
  return deadLetters.filter(({ eventId }) => eventId === event?.id);
}

export function letterOf({ deliveryId, eventId, origin, queue, reason }: DeadLetterFact): Letter {
  return { id: deliveryId, eventId, origin, queue, reason };
}

export function failureOf({ reason, message, statusCode }: Failure): NonNullable<RecordOf<"attempt">["failure"]> {
  return { reason, message: cutText(message, MESSAGE_BYTES_MAX), statusCode };
}

/** What an event met on its bus. @param deadLetters those that it became there at once. */
export function routedOf({ bus, matched, published }: RoutedFact, deadLetters: readonly DeadLetterFact[]): Routed {
  return {
    bus,
    rules: matched.slice(0, LISTED_MAX),
    ruleCount: matched.length,
    published: published.slice(0, LISTED_MAX).map(({ id, origin, to }) => ({ id, origin, to: labelOf(to) })),
    publishedCount: published.length,
    letters: deadLetters.slice(0, LISTED_MAX).map(letterOf),
    letterCount: deadLetters.length,
  };
}

export function recordsOf({ records }: AttemptFacts): RecordOf<"attempt">["records"] {
  return records.map(({ condition, to, id }) => ({ condition, to: labelOf(to), id }));
}

/** The longest text of a record: an event's source may have a megabyte, and a frame that has too much is lost whole. */
const TEXT_BYTES_MAX = 1_024;

/** A text that may be in a record. */
export function recordText(text: string): string {
  return cutText(text, TEXT_BYTES_MAX);
}
