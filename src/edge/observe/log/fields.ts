import type { Delivery } from "../../../domain/delivery/delivery.ts";
import { readTraceparent } from "../../../domain/event/trace.ts";
import type { DeadLetterFact, MessageFact, RecordFact } from "../../../domain/facts.ts";
import type { JobFact } from "../../../domain/job/job.ts";
import { destinationLabel } from "../../../domain/target/target.ts";

/** How many items of a list a line holds, at most. */
export const LISTED_MAX = 20;

/** The ids that join the line of a message with the line of its put. */
export function messageFields({ deliveryId, eventId, origin }: MessageFact): object {
  return { deliveryId, ...(eventId === undefined ? {} : { eventId }), ...origin };
}

/** One item for each dead letter. */
export function deadLetterFields(deadLetters: readonly DeadLetterFact[]): readonly object[] {
  return deadLetters.map(({ queue, reason, ...message }) => ({ queue, reason, ...messageFields(message) }));
}

/** A job, with how far it is. What nobody set is left out. */
export function jobFields({ what, job }: JobFact): object {
  const { id, order, state, ratePerSecond, startedBy, changedBy, problem, progress } = job;
  const by = what === "started" ? startedBy : what === "changed" ? changedBy : undefined;
  return {
    jobId: id,
    kind: order.kind,
    ...(order.kind === "replay" ? { replay: order.name, archive: order.archive } : { queue: order.queue }),
    ...(order.kind === "move" ? { destination: order.destination } : {}),
    state,
    ratePerSecond,
    by,
    looked: progress.looked,
    removed: progress.removed,
    problem,
  };
}

/** A list as a field; none where it is empty. */
export function listed(name: string, list: readonly object[]): object {
  return list.length === 0 ? {} : { [name]: list.slice(0, LISTED_MAX) };
}

/**
 * A delivery, by its ids, its destination and its attempt.
 *
 * @param traceparent where it is in a trace: by default, what its event carries.
 */
export function deliveryFields(delivery: Delivery, traceparent = delivery.traceparent): object {
  const { id, eventId, destination, origin, schedule, attempt } = delivery;
  return {
    ...messageFields({ deliveryId: id, ...(eventId === undefined ? {} : { eventId }), ...(origin && { origin }) }),
    ...(schedule === undefined ? {} : { schedule: schedule.name }),
    destination: destinationLabel(destination),
    attempt,
    ...(traceparent === undefined ? {} : traceFields(traceparent)),
  };
}

/**
 * A `traceparent`, and its parts under the names that OpenTelemetry gives them in JSON logs, which log stores look for.
 * One that is not usable has no parts.
 */
function traceFields(traceparent: string): object {
  const position = readTraceparent(traceparent);
  if (position === undefined) return { traceparent };
  return { traceparent, trace_id: position.traceId, span_id: position.spanId, trace_flags: position.flags };
}

/** A record, by the id that its own lines have: that of an event when it goes on a bus, else that of a delivery. */
export function recordFields({ condition, to, id }: RecordFact): object {
  return { condition, ...to, ...(to.kind === "event-bus" ? { eventId: id } : { deliveryId: id }) };
}
