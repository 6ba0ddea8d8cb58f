import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** The nouns: verdicts, waits, queues, messages and dead letters. */
export const DOMAIN: readonly Mutation[] = [
  ...inFile("src/domain/failure/verdict.ts", [
    [
      'if (outcome.reason === "target_gone") return retry;',
      "",
      "a target that is gone is waited for as documented, whatever the maximum age",
    ],
    ["nextAgeMs > maximumAgeMs", "nextAgeMs >= maximumAgeMs", "a retry may start at the maximum age"],
    ["retries < (reachingNow", "retries <= (reachingNow", "a retry policy counts the tries to reach a function"],
    ["retry.counted ? { countedRetries", "false ? { countedRetries", "a function that was reached has its own age"],
    ["failure.retryAfterMs ?? 0", "0", "a target's Retry-After is kept"],
    [
      "delivery.countedRetries < policy",
      "delivery.countedRetries <= policy",
      "a function is retried as often as configured",
    ],
    [
      "policy.retryIntervalsMs[countedRetries]",
      "policy.retryIntervalsMs[countedRetries + 1]",
      "the first retry comes after the first interval",
    ],
    ["TARGET_GONE_WAIT_MS = 5_000", "TARGET_GONE_WAIT_MS = 50_000", "a delivery goes out soon after a roll-out"],
    ['return kind === "api-destination";', "return true;", "a function's own errors open no circuit"],
  ]),
  ...inFile("src/domain/failure/backoff.ts", [
    ["doublingMs(attempt, 1_000", "doublingMs(attempt + 1, 1_000", "the first wait is about a second"],
    ["1_000, 300_000)", "1_000, 3_000_000)", "waits grow to five minutes and no further"],
    ["(random * ceilingMs) / 2", "0", "retries do not come in waves"],
  ]),
  ...inFile("src/domain/target/circuit.ts", [
    [
      "failures >= policy.failureThreshold",
      "failures > policy.failureThreshold",
      "a circuit opens after as many failures as configured",
    ],
    [
      "if (!failed) return CLOSED;",
      'if (!failed) return circuit.state === "closed" ? circuit : CLOSED;',
      "only failures in a row open a circuit",
    ],
  ]),
  ...inFile("src/domain/target/policy.ts", [
    [
      "maximumEventAgeMs: fn.maximumEventAgeInSeconds * 1_000",
      "maximumEventAgeMs: fn.maximumEventAgeInSeconds",
      "an event waits for its maximum age",
    ],
    ["maximumRetryAttempts: 185", "maximumRetryAttempts: 18", "an API destination is retried 185 times"],
  ]),
  ...inFile("src/domain/queue/queues.ts", [
    ["queue === SUSPECT_QUEUE || /^busbar", "/^busbar", "two routers do not try suspects at once"],
    ["(container|api-destination)", "(api-destination)", "two routers do not call a push container at once"],
    [
      "const SUSPECT_CRASHES_MAX = 2;",
      "const SUSPECT_CRASHES_MAX = 20;",
      "a suspect is parked when it brings a router down again",
    ],
    [
      "destination?.kind === kind && destination.name === name",
      "destination?.kind === kind",
      "a queue belongs to one destination",
    ],
    [
      "queue === DEAD_LETTER_QUEUE || queue === PARKED_QUEUE",
      "queue === PARKED_QUEUE",
      "a dead letter stays where it is, however often it is browsed",
    ],
  ]),
  ...inFile("src/domain/queue/configured-queues.ts", [
    [
      'fn === undefined ? "other" : functionQueueKind(fn)',
      '"other"',
      "a container's deliveries go to the queue that one router consumes",
    ],
    ["    ...queues.keys(),\n", "", "a configured queue is there before its first message"],
  ]),
  ...inFile("src/domain/delivery/delivery-message.ts", [
    [' && !entry[0].startsWith("x-")', "", "a moved message does not carry the broker's own headers"],
    [
      "bus === undefined || rule === undefined || target === undefined ? undefined",
      "bus === undefined ? undefined",
      "a message with half an origin is not delivered by it",
    ],
    ["value >= least ? value : undefined", "value > least ? value : undefined", "a first attempt can be read"],
    [
      "Buffer.byteLength(eventJson) <= EVENT_HEADER_BYTES_MAX",
      "eventJson.length <= EVENT_HEADER_BYTES_MAX",
      "no header is longer than a frame",
    ],
  ]),
  ...inFile("src/domain/failure/dead-letter.ts", [
    [
      "death.retries === 0 || death.condition === undefined",
      "death.condition === undefined",
      "a dead letter without retries names no exhausted condition",
    ],
    ["failure.statusCode ?? 200", "200", "Lambda's form has the status"],
    [
      "functionsMessage(failure) ?? failure.message",
      "failure.message",
      "a dead letter has the function's own error message",
    ],
  ]),
  ...inFile("src/domain/failure/record.ts", [
    [
      "parts.invokeCount === 0 ?",
      "parts.invokeCount < 0 ?",
      "the record of an event that was never sent has no response",
    ],
    ['...(outcome.ok ? {} : { functionError: "Unhandled" })', 'functionError: "Unhandled"', "a success is no error"],
  ]),
  ...inFile("src/domain/failure/dead-letter-reading.ts", [
    ["letter.redriven + 1", "1", "redrives are counted"],
    ["letter.atMs <= beforeMs", "letter.atMs < beforeMs", "a filter's bounds are included"],
    [
      "letter.atMs < notRedrivenSinceMs",
      "letter.atMs <= notRedrivenSinceMs",
      "a redrive does not meet its own failures again",
    ],
  ]),
];
