import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** A put: what is accepted, how much at once, and what is answered. */
export const PUT: readonly Mutation[] = [
  ...inFile("src/flow/put/put.ts", [
    [
      "one.message.body.length + MESSAGE_OVERHEAD_BYTES",
      "one.message.body.length",
      "many small messages use memory too",
    ],
    ["sizeBytes > REQUEST_BYTES_MAX", "sizeBytes >= REQUEST_BYTES_MAX", "a request of exactly 1 MiB is taken"],
    ["if (eventBytes > EVENTS_BYTES_MAX) return TOO_LARGE;", "", "what a request becomes is bounded"],
    [
      'deps.broker.state !== "connected"',
      'deps.broker.state === "blocked"',
      "a put is refused while the broker is away",
    ],
    ["    room.release(bytes);\n", "", "puts are taken when others have been answered"],
    ["      answered();\n", "", "puts are taken when others have been answered"],
    [
      "message, published: [], archived, deadLetters: [] },\n    };\n  });",
      "message },\n    };\n  });",
      "an entry answered InternalFailure does not count as published",
    ],
    ["one.planned.map(() => index++)", "one.planned.map(() => index)", "the right entry is answered as refused"],
    ["...facts, ...spansOf(putter)", "entries: []", "entries are counted"],
    [
      'observer.put({ outcome: "throttled", seconds: 0, entries: [], ...spansOf(putter) });',
      "",
      "a put that is throttled is counted",
    ],
    ["(nowMs() - startedAtMs) / 1_000", "nowMs() - startedAtMs", "a put is timed in seconds"],
    ['if (accepted > 0) return "partial";', "", "a put that is refused in part is counted so"],
    [
      "if (refusal !== undefined) return refused",
      "if (refusal === undefined) return refused",
      "a caller puts only what its policies allow",
    ],
    ['config.eventBuses.has(bus) ? bus : "unknown"', "bus", "a caller cannot make endless labels of bus names"],
    ["await share.begin(entries.length, putter.share);", "", "puts leave deliveries their share of a turn"],
    ["{ fitting: accepted.rules }", "{ fitting: [] }", "an event reaches the rules that it fits"],
  ]),
  ...inFile("src/flow/put/accept.ts", [
    ["const id = entry.id ?? stamp.id;", "const id = stamp.id;", "a CloudEvent keeps its id"],
    ["timeMs: entry.timeMs ?? stamp.nowMs", "timeMs: stamp.nowMs", "an event has the time that its sender gave"],
    [
      "acceptedAtMs: stamp.nowMs",
      "acceptedAtMs: entry.timeMs ?? stamp.nowMs",
      "an event's age counts from its acceptance",
    ],
    [
      "traceparent, tracestate, attributes, ...resources]",
      "attributes, ...resources]",
      "the trace counts in a request's size",
    ],
    ["attributes, ...resources]", "attributes]", "resources count in a request's size"],
    ["timeMs === undefined ? 0 : 14", "14", "a request's size is EventBridge's"],
    ['source === "") return', "false) return", "an entry with an empty source is refused"],
    ["      ...stamp.trace,\n", "", "an event carries its sender's trace"],
  ]),
  ...inFile("src/flow/put/admission.ts", [
    ["if (!wasFull) return;", "", "a broker that stalls for a few does not halve what is let in"],
    ["this.#waiting.total > 0 &&", "", "a request of more entries than may wait is taken alone"],
    ["const DECREASE = 0.5;", "const DECREASE = 1;", "fewer puts wait when they wait long"],
    ["this.#steadyMs() - this.#decreasedAtMs >= waitedMs", "waitedMs > 0", "puts that waited together halve it once"],
    ["Math.min(this.#limit.max, this.#allowed + entries * INCREASE)", "this.#allowed", "more is let in again later"],
  ]),
  ...inFile("src/flow/put/fair-share.ts", [
    ["this.#left -= next.entries;", "", "a turn brings so many entries and no more"],
    ["      this.#waiting.delete(who);\n", "", "callers take turns"],
    ["const ENTRIES_PER_TURN = 200;", "const ENTRIES_PER_TURN = 20_000;", "deliveries get their share of a turn"],
  ]),
  ...inFile("src/flow/store/store.ts", [
    [
      "index: indexes[failure.index] ?? failure.index",
      "index: failure.index",
      "of a put that needs two publishes the right entry is answered as refused",
    ],
    [
      "const failures = [...others];",
      'const failures: PublishError["failures"][number][] = [];',
      "what was refused the first time stays refused",
    ],
    [
      "await publishAgain(again, indexes, others, broker, options);",
      "await publishAgain(again, indexes, others, broker);",
      "a retry keeps its delay when its queue was deleted",
    ],
    ['(failure) => failure.reason === "unroutable"', "() => true", "only what no queue took is published again"],
    [
      "await broker.declare([...queues].map(declarationOf)).catch(() => undefined);",
      "",
      "a queue that somebody deleted is made again",
    ],
  ]),
  ...inFile("src/flow/budget/in-flight.ts", [
    ["const LEAST = 1 / 4;", "const LEAST = 0;", "neither puts nor deliveries stop the other"],
    [
      "this.#deliveryBytes > room / 2",
      "this.#deliveryBytes >= room",
      "consumers are not cancelled and made again for each message",
    ],
    ["const DELIVERIES_MOST = 5 / 8;", "const DELIVERIES_MOST = 1;", "deliveries leave room for puts"],
    [
      "this.#puts.release(who, bytes);\n        this.#notify();",
      "this.#puts.release(who, bytes);",
      "deliveries go on when puts have been answered",
    ],
  ]),
  ...inFile("src/flow/budget/shares.ts", [
    ["own === 0 || own + amount <= size / sharers", "true", "one caller does not keep another out"],
    [
      "if (rest > 0) this.#held.set(who, rest);\n    else this.#held.delete(who);",
      "this.#held.set(who, rest);",
      "callers that are done have no share",
    ],
    ["this.#total + amount > size * (1 + EXTRA)", "false", "the room is bounded for many callers too"],
  ]),
];
