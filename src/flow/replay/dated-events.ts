import { archivedTimeMs } from "../../domain/event/archived-event.ts";
import type { ArchivedEvent } from "../../ports/broker/archive.ts";

/** An archived event with its own time, in epoch milliseconds. */
export interface DatedEvent extends ArchivedEvent {
  readonly timeMs: number;
}

/** What cannot be read as an event has no time, and is in no window. */
export function datedEvents(events: readonly ArchivedEvent[]): readonly DatedEvent[] {
  return events.flatMap((event) => {
    const timeMs = archivedTimeMs(event.body);
    return timeMs === undefined ? [] : [{ ...event, timeMs }];
  });
}
