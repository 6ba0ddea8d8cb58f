import type { AttemptFacts, PutFacts, ReplayedFact, RoutedFact } from "../../domain/facts.ts";
import type { ScheduleFiredFact } from "../../domain/schedule/schedule.ts";
import { letterOf, lettersOf, routedOf, recordText } from "./facts-as-records.ts";
import type { Journal } from "./journal.ts";

const ID_CHARACTERS_MAX = 1_024;

/** Writes the events of a put that were accepted. */
export function writePut(journal: Journal, { by, entries }: PutFacts): void {
  for (const entry of entries) if (entry.outcome === "accepted") writeEvent(journal, entry, entry.deadLetters, by);
}

/** Writes what a schedule fired. An event that it put on a bus has the schedule in place of who put it. */
export function writeFired(journal: Journal, { schedule, routed, deadLetters }: ScheduleFiredFact): void {
  for (const one of routed) writeEvent(journal, one, deadLetters, `schedule/${schedule}`);
  if (routed.length > 0) return;
  for (const letter of deadLetters) journal.write({ kind: "letter", atMs: journal.nowMs, letter: letterOf(letter) });
}

/** An event that made dead letters is written however many there are; one that matched nothing has its body with it. */
export function writeEvent(
  journal: Journal,
  routed: RoutedFact,
  deadLetters: AttemptFacts["deadLetters"],
  principal?: string,
): void {
  const { event, matched } = routed;
  if (event === undefined) return;
  // A producer of CloudEvents chooses its id, which cannot be cut: it joins the records.
  if (event.id.length > ID_CHARACTERS_MAX) return journal.leaveOut("event");
  if (deadLetters.length === 0 && !journal.keeps(event.id, "event")) return;
  journal.write({
    kind: "event",
    atMs: event.acceptedAtMs,
    id: event.id,
    source: recordText(event.source),
    type: recordText(event.detailType),
    bytes: event.body.length,
    routed: routedOf(routed, deadLetters),
    principal,
    body: journal.kept(event.body, deadLetters.length > 0 || matched.length === 0),
    traceparent: event.traceparent,
    fields: journal.fieldsOf(event.body),
  });
}

/** Writes the events that a replay put on their bus again, with the replay in place of who put them. */
export function writeReplayed(journal: Journal, { replay, routed, deadLetters }: ReplayedFact): void {
  for (const one of routed) writeEvent(journal, one, lettersOf(one, deadLetters), `replay/${replay}`);
}
