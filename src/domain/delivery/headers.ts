/** Every header whose name is Busbar's: of messages on the broker, and of calls (docs/delivery.md, "What a function gets"). */
export const HEADER = {
  /** `function/NAME` or `api-destination/NAME`. */
  destination: "busbar-destination",
  bus: "busbar-bus",
  rule: "busbar-rule",
  target: "busbar-target",
  /** On calls only: on the broker the delivery's id is the message's. */
  deliveryId: "busbar-delivery-id",
  eventId: "busbar-event-id",
  /** The number of the attempt, counted from 1. */
  attempt: "busbar-attempt",
  /** When the event was accepted, or the message was last redriven, epoch milliseconds. */
  firstAt: "busbar-first-at",
  /** On redriven messages, when the event was accepted, epoch milliseconds. */
  acceptedAt: "busbar-accepted-at",
  /** How often the message was redriven. */
  redriven: "busbar-redriven",
  countedRetries: "busbar-counted-retries",
  hops: "busbar-hops",
  budget: "busbar-budget",
  suspicions: "busbar-suspicions",
  suspectFrom: "busbar-suspect-from",
  /** Since when routers do not know the delivery's rule or target, epoch milliseconds. */
  goneSince: "busbar-gone-since",
  /** Present where the body is what the function gets, and not the event that it was made of. */
  rendered: "busbar-rendered",
  /** The event that such a body was made of, as JSON text. */
  event: "busbar-event",
  /** On delayed messages, when they are due, epoch milliseconds. */
  dueAt: "busbar-due-at",
  /** How many members a pack has. */
  members: "busbar-members",
  /** The queue of a message that waits since that queue does not take it. */
  keptFor: "busbar-kept-for",
  parkedFrom: "busbar-parked-from",
  parkedReason: "busbar-parked-reason",
  parkedProblem: "busbar-parked-problem",
  /** The reason in a dead letter of Lambda's form, whose own `ErrorCode` is only a status. */
  errorCode: "busbar-error-code",
} as const;

/** An event is whole or useless: a longer one is left out, and never cut. */
export const EVENT_HEADER_BYTES_MAX = 16 * 1024;

/** Busbar's own, the trace context, and what EventBridge and Lambda write on dead letters. */
const OWN_HEADERS = /^(busbar-|traceparent$|[A-Z]+_|Error|RequestID$)/;

/** Whether a header says what a message is and what became of it. Any other was written by somebody else. */
export function isOwnHeader(name: string): boolean {
  return OWN_HEADERS.test(name);
}
