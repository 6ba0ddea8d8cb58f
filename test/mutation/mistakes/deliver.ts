import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** A delivery: received, sent, settled, and what is stored before it may be acked. */
export const DELIVER: readonly Mutation[] = [
  ...inFile("src/flow/deliver/receive.ts", [
    ["const CRASHES_MAX = 2;", "const CRASHES_MAX = 3;", "a message that brings routers down is parked soon"],
    ["const SUSPICIONS_MAX = 3;", "const SUSPICIONS_MAX = 4;", "a message that is suspected again and again is parked"],
    ["message.crashes === 0 ||", "message.crashes <= 1 ||", "a message that a router died with is tried alone"],
    ["suspicions: delivery.suspicions + 1", "suspicions: delivery.suspicions", "suspicions are counted"],
    ["if (!isPlausible(delivery)) return", "if (false) return", "somebody else's message calls no function"],
    ["message.body.length > MESSAGE_BYTES_MAX", "message.body.length < 0", "a message too long to be moved is parked"],
  ]),
  ...inFile("src/flow/deliver/send.ts", [
    [
      "startedAtMs - delivery.firstAtMs > maximumAgeMs",
      "startedAtMs - delivery.firstAtMs >= maximumAgeMs",
      "an event may be called at its maximum age",
    ],
    ["attempt: delivery.attempt,", "attempt: 1,", "a function sees which attempt it is"],
    ["    context.observer.invocationEnded(delivery);\n", "", "calls in flight are counted down again"],
  ]),
  ...inFile("src/flow/deliver/payload.ts", [
    ["if (rendered !== undefined) {", "if (false) {", "a redriven payload is given as it is"],
    [
      "origin, acceptedAtMs, identity }",
      "origin, acceptedAtMs: firstAtMs, identity }",
      "a redriven event's ingestion time is that of its acceptance",
    ],
    [
      "rendered === undefined ? body.toString()",
      "rendered !== undefined ? body.toString()",
      "parameters of a call are taken from the event",
    ],
  ]),
  ...inFile("src/flow/deliver/settle.ts", [
    ["{ afterMs: HELD_MS_MAX, signal: abandon }", "{ afterMs: HELD_MS_MAX }", "a stop does not wait for a full queue"],
    [
      "secondsBetween(delivery.firstAtMs, context.nowMs())",
      "secondsBetween(delivery.firstAtMs, attempt.startedAtMs)",
      "a delivery is timed until it is settled",
    ],
    ["storeUntilConfirmed({ ...storing, delayMs }, context)", "storeUntilConfirmed(storing, context)", "a retry waits"],
    ["> 0) await apply(", "> 0) void apply(", "a consequence is stored before its delivery is acked"],
  ]),
  ...inFile("src/flow/store/until-confirmed.ts", [
    ["heldMs >= giveUp.afterMs", "heldMs > giveUp.afterMs", "a kept message does not hold its destination's place"],
    [
      "return error.failures.flatMap(({ index }) => messages[index] ?? []);",
      "return messages;",
      "one queue that is full does not fill the others with copies",
    ],
    [
      'if (error.failures.some(({ reason }) => reason === "unstorable")) throw error;',
      "",
      "a message that no queue takes is not held for ever",
    ],
    ["heldMs += waitMs;", "heldMs += 1;", "a queue that is full does not hold a destination's slots for hours"],
    ["if (leave.aborted || !giveUp.aborted) throw error;", "", "what cannot be kept in time is left to the broker"],
  ]),
  ...inFile("src/flow/store/kept.ts", [
    ["[HEADER.keptFor]: message.queue", "[HEADER.keptFor]: queue", "a kept message comes to its queue in the end"],
    ["{ ...storing, messages, delayMs: KEPT_MS }", "{ ...storing, messages }", "a kept message waits on the ladder"],
  ]),
  ...inFile("src/flow/deliver/deliver.ts", [
    [
      'if (attempt === "gone") return "gone";',
      'if (attempt === "gone") return "settled";',
      "a message whose poll ended is delivered again",
    ],
    [
      "if (!deps.abandon.aborted || deps.leave.aborted) throw error;",
      "throw error;",
      "a stop makes no suspects of what it interrupts",
    ],
    ["    await move(moved(message, message.queue), deps);\n", "", "a stop loses nothing that it abandons"],
    [
      "        await move(receipt.message, deps);\n        deps.observer.parked(",
      "        deps.observer.parked(",
      "a message that is parked is stored first",
    ],
    [
      "        await move(receipt.message, deps);\n        deps.observer.suspected(",
      "        deps.observer.suspected(",
      "a suspect is stored first",
    ],
  ]),
  ...inFile("src/flow/deliver/consequences.ts", [
    [
      "delivery.attempt + (attempt.invoked ? 1 : 0)",
      "delivery.attempt + 1",
      "an attempt that called nobody does not count",
    ],
    [
      "delivery.countedRetries + (verdict.counted ? 1 : 0)",
      "delivery.countedRetries + 1",
      "throttling uses up no retries",
    ],
    [
      "goneSinceMs: goneSinceMs ?? nowMs",
      "goneSinceMs: nowMs",
      "a delivery without its target ends after five minutes",
    ],
    ["Math.max(0, invokeCount(attempt) - 1)", "invokeCount(attempt)", "a dead letter has the number of its retries"],
    [
      "    suspicions: 0,\n",
      "    suspicions: delivery.suspicions,\n",
      "a delivery that was tried is suspected no more",
    ],
    ["messages: [...record.messages, letter]", "messages: [letter]", "a failure goes to both of its places"],
    [
      "fn?.onFailure === undefined ? (attempt.target?.deadLetterQueue ?? DEAD_LETTER_QUEUE)",
      "fn?.onFailure === undefined ? DEAD_LETTER_QUEUE",
      "a dead letter goes to its target's queue",
    ],
    [
      "attempt.invoked ? attempt.delivery.attempt : attempt.delivery.attempt - 1",
      "attempt.delivery.attempt",
      "a record counts calls, not attempts",
    ],
  ]),
  ...inFile("src/flow/deliver/record.ts", [
    ["    hops > HOPS_MAX\n      ? {", "    hops >= HOPS_MAX\n      ? {", "a record may be the sixteenth hop"],
    [
      "if (hops <= HOPS_MAX && budget >= 1)",
      "if (hops <= HOPS_MAX)",
      "a function's records call functions within the budget",
    ],
    ["budget: Math.max(0, budget - 1)", "budget", "a chain of functions uses up its budget"],
    ["{ hops, budget: budgetOf(delivery) }", "{ hops }", "records on a bus stay within the budget"],
  ]),
  ...inFile("src/flow/deliver/suspect.ts", [
    [
      'typeof from === "string" && isQueueOf(from, destination)',
      'typeof from === "string"',
      "a suspect goes to no queue of another destination",
    ],
    ["if (!isKnown && typeof from", "if (typeof from", "a suspect goes to the queue of its function's kind"],
    [
      "queue === SUSPECT_QUEUE ? headers : unsuspected",
      "unsuspected",
      "a suspect that a stop interrupts keeps where it came from",
    ],
  ]),
];
