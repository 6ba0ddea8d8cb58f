import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** From an event on a bus to the messages to be stored for it. */
export const ROUTE: readonly Mutation[] = [
  ...inFile("src/flow/route/match.ts", [
    [
      "arrivals.push({ met, hops: arrival.hops + 1 })",
      "arrivals.push({ met, hops: arrival.hops })",
      "a loop over buses ends after 16 of them",
    ],
    [
      'target.to.kind === "event-bus" && hops >= HOPS_MAX',
      'target.to.kind === "event-bus" && hops > HOPS_MAX',
      "an event crosses 16 buses and no more",
    ],
    [
      "hits.length + arrivals.length - 1 > DELIVERIES_MAX",
      "hits.length + arrivals.length - 1 >= DELIVERIES_MAX",
      "an event may make exactly 1,000 deliveries",
    ],
    [
      "hits.length + arrivals.length - 1 > DELIVERIES_MAX",
      "hits.length > DELIVERIES_MAX",
      "rules in circles over buses do not take the router down",
    ],
    ["DELIVERIES_MAX = 1_000", "DELIVERIES_MAX = 10_000", "an event makes at most 1,000 deliveries, as README says"],
    ["HOPS_MAX = 16", "HOPS_MAX = 15", "an event may cross 16 buses, as README says"],
    [
      "this.#matchedBytes >= SLICE_BYTES",
      "this.#matchedBytes < 0",
      "other work goes on while a large event is matched on many buses",
    ],
    ["if (known !== undefined) return known;", "", "an event is matched once on each bus"],
    [
      "met.push({ rule, conditionError: error instanceof Error ? error.message : String(error) });",
      "",
      "conditions that cannot be evaluated lead to the dead letters",
    ],
    [
      'if (typeof own === "string") return unmatchable(own);',
      'if (typeof own === "string") return { hits: [], rules: [] };',
      "a record that cannot be matched is a dead letter",
    ],
    [
      'else if (typeof met === "string") hits.push({ ...hit, failure: unmatchable(met) });',
      'else if (typeof met === "string") continue;',
      "an event that another bus cannot match is a dead letter",
    ],
  ]),
  ...inFile("src/flow/route/route.ts", [
    [
      "match(event, context, fitting, hops)",
      "match(event, context, fitting)",
      "a record chain over buses ends after 16 hops",
    ],
    ["hits.length > budget)", "hits.length > budget + 1)", "one event causes no more deliveries than its budget"],
    ["(budget - hits.length)", "budget", "what an event caused already is taken off its budget"],
    [
      "Math.floor((budget - hits.length) / Math.max(1, functions))",
      "budget - hits.length",
      "the budget is divided among the functions that an event calls",
    ],
    [
      'return routed("unknown", event, [], [planUnknownBus(event, context.newId())]);',
      'return routed("unknown", event, [], []);',
      "an event for a bus that does not exist is kept",
    ],
    [
      "planned.flatMap((one) => one.published ?? [])",
      'planned.map(({ message: { id }, published }) => published ?? { id, origin: { bus, rule: "", target: "" }, to: { kind: "queue", name: "" } })',
      "a dead letter does not count as a delivery",
    ],
    [
      "if (renderedBytes >= SLICE_BYTES)",
      "if (renderedBytes < 0)",
      "other work goes on while a large event is rendered for many targets",
    ],
  ]),
  ...inFile("src/flow/route/plan.ts", [
    ["hops: hit.hops,", "hops: 0,", "a record chain over two buses ends after 16 hops"],
    ["firstAtMs: event.acceptedAtMs + delayMs,", "firstAtMs: 0,", "a delivery's age counts from the acceptance"],
    [
      "event.acceptedAtMs + delayMs,",
      "event.acceptedAtMs,",
      "a delivery's age counts from the end of its target's delay",
    ],
    ["isUndelayed ? 0 :", "false ? 0 :", "a redrive does not wait for its target's delay"],
    [
      "hit.target.deadLetterQueue ?? DEAD_LETTER_QUEUE;",
      'DEAD_LETTER_QUEUE ?? "";',
      "a dead letter goes to the target's own queue",
    ],
    ["body.length > MESSAGE_BYTES_MAX", "rendered.json.length > MESSAGE_BYTES_MAX", "a payload's size is in bytes"],
    [
      "    ...traceOf(event),\n  };\n  const message = delayed({ queue: stored.queue, id, body, headers }, delayOf(hit, context));",
      "  };\n  const message = delayed({ queue: stored.queue, id, body, headers }, delayOf(hit, context));",
      "a queue's message carries the trace",
    ],
    ["[HEADER.bus]: cutMessage(event.bus)", "[HEADER.bus]: event.bus", "an endless name makes no endless header"],
    [
      'hit.target.input.kind === "event" ? event.body : Buffer.from(rendered.json)',
      "event.body",
      "a queue gets what the target's input makes of the event",
    ],
  ]),
  ...inFile("src/flow/route/render.ts", [
    [
      "return { ok: false, message: `inputPath ${text} finds nothing in the event` };",
      'return { ok: true, json: "null" };',
      "an input path that finds nothing is a template error",
    ],
    [
      "ingestionTimeMs: source.acceptedAtMs",
      "ingestionTimeMs: 0",
      "a template's ingestion time is that of the acceptance",
    ],
  ]),
];
