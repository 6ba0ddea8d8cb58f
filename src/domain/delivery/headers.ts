/** Every header whose name is Busbar's: of messages on the broker, and of calls (docs/delivery.md, "What a function gets"). */
export const HEADER = {
  /** `function/NAME` or `api-destination/NAME`. */
  destination: "busbar-destination",
  /** The version or alias of the function that is to be called. */
  qualifier: "busbar-qualifier",
  bus: "busbar-bus",
  rule: "busbar-rule",
  target: "busbar-target",
  /** The schedule that made the message, and when it was due, epoch milliseconds. */
  schedule: "busbar-schedule",
  scheduledAt: "busbar-scheduled-at",
  /** What a schedule of the API says of failures, JSON text. */
  schedulePolicy: "busbar-schedule-policy",
  /** On calls only: on the broker the delivery's id is the message's. */
  deliveryId: "busbar-delivery-id",
  eventId: "busbar-event-id",
  /** The number of the attempt, counted from 1. */
  attempt: "busbar-attempt",
  /** When the event was accepted, or the message was last redriven, epoch milliseconds. Of a delayed delivery, when its target's delay is over. */
  firstAt: "busbar-first-at",
  /** On redriven messages and delayed deliveries, when the event was accepted, epoch milliseconds. */
  acceptedAt: "busbar-accepted-at",
  /** How often the message was redriven. */
  redriven: "busbar-redriven",
  /** The span of the attempt before, as a `traceparent`. */
  formerAttempt: "busbar-former-attempt",
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
  /** On delayed messages, when they are due, epoch milliseconds, and how often their queue has refused them so far. */
  dueAt: "busbar-due-at",
  refusals: "busbar-refusals",
  /** Which messages of a queue belong together. */
  messageGroupId: "busbar-message-group-id",
  /** Which records of a stream belong together, and stay in order. */
  partitionKey: "busbar-partition-key",
  /** In FIFO queues: by which id a message is known as sent before, and `messageGroup` where ids are each group's own. */
  deduplicationId: "busbar-deduplication-id",
  deduplicationScope: "busbar-deduplication-scope",
  /** On RabbitMQ: the number of a message in a FIFO queue, 20 digits. */
  sequenceNumber: "busbar-sequence-number",
  /** When a message was sent over the SQS API, epoch milliseconds. */
  sentAt: "busbar-sent-at",
  /** Who sent it, the types of its attributes in JSON, and its X-Ray trace header. */
  senderId: "busbar-sender-id",
  attributeTypes: "busbar-attribute-types",
  awsTraceHeader: "busbar-aws-trace-header",
  /** How often a message was received before it was published again. */
  receives: "busbar-receives",
  /** When a message was received the first time and the last time, epoch milliseconds. */
  firstReceivedAt: "busbar-first-received-at",
  receivedAt: "busbar-received-at",
  /** Which receive that last one was: the session and the number in its receipt. */
  receivedAs: "busbar-received-as",
  /**
   * On received messages that wait in `busbar.sqs.held`: their queue, until when, and since when, epoch milliseconds. In a FIFO queue
   * of RabbitMQ `visibleAt` says until when the queue delays the message.
   */
  heldFor: "busbar-held-for",
  visibleAt: "busbar-visible-at",
  heldAt: "busbar-held-at",
  /** The queue that a message was received from too often. */
  deadLetterSource: "busbar-dead-letter-source",
  /** How many members a pack has. */
  members: "busbar-members",
  /** On calls only: `true` where a person tests the function. */
  test: "busbar-test",
  /** On tests: the address of the router that waits for the result, and until when the function may be called, epoch milliseconds. */
  testFrom: "busbar-test-from",
  testUntil: "busbar-test-until",
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
const OWN_HEADERS = /^(busbar-|trace(parent|state)$|[A-Z]+_|Error|RequestID$)/;

/** Whether a header says what a message is and what became of it. Any other was written by somebody else. */
export function isOwnHeader(name: string): boolean {
  return OWN_HEADERS.test(name);
}
