import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** Traces: what is recorded, what events and calls carry, and what a span may not hold. */
export const TRACES: readonly Mutation[] = [
  ...inFile("src/edge/trace/tracing.ts", [
    ["random() < this.#target.ratio", "random() <= this.#target.ratio", "with a ratio of 0 nothing is recorded"],
    [
      "context !== undefined && request.isTrusted()",
      "context !== undefined",
      "a stranger does not decide what is recorded",
    ],
    ["if (this.#target === undefined) return passingOn(request);", "", "what callers bring passes through"],
  ]),
  ...inFile("src/edge/trace/put-place.ts", [
    [
      "(own ?? context) !== undefined && isTrusted()",
      "(own ?? context) !== undefined",
      "a stranger's flag is carried nowhere",
    ],
    [
      "if (entry.id === undefined) return undefined;",
      "return undefined;",
      "an id that a producer chose makes no trace id",
    ],
    ["own !== undefined && this.#isTrusted()", "own !== undefined", "a stranger's entry is in a trace of ours"],
    ["count === 1 ? undefined : this.#ids.spanId()", "this.#ids.spanId()", "a single event has no span of its own"],
    [": { claimed: own }", ": {}", "what a stranger claims is a link"],
  ]),
  ...inFile("src/edge/trace/attempt-place.ts", [
    ["<= SAME_TRACE_MS_MAX", "<= 10 * SAME_TRACE_MS_MAX", "a late attempt has a trace of its own"],
    ["redriven === undefined && ", "", "a redriven delivery has a trace of its own"],
    [
      "isSameTrace && isSampled ? {",
      "isSameTrace && made !== undefined ? {",
      "no attempt is a part of what was not recorded",
    ],
    ["isSameTrace && made !== undefined && tracestate", "tracestate", "a tracestate stays in its trace"],
  ]),
  ...inFile("src/domain/facts.ts", [
    ["(facts.trace.isSampled || hasFailed(facts))", "facts.trace.isSampled", "every failed attempt is recorded"],
    ["(facts.trace.isSampled || hasFailed(facts))", "true", "what succeeds is recorded only if it is sampled"],
    ["!outcome.ok || deadLetters.length > 0", "!outcome.ok", "a record that nobody got is a failure"],
  ]),
  ...inFile("src/edge/trace/attempt-spans.ts", [
    ["endMs: Math.max(endMs, startedAtMs)", "endMs: startedAtMs", "an attempt lasts until it is settled"],
  ]),
  ...inFile("src/domain/event/trace.ts", [
    ["if (longer.length > TRACESTATE_BYTES_MAX) break;", "", "of a tracestate 512 bytes are passed on"],
    ["members.slice(0, TRACESTATE_MEMBERS_MAX)", "members", "of a tracestate 32 members are passed on"],
  ]),
  ...inFile("src/domain/delivery/attempt-trace.ts", [
    ["contextAt(trace, trace.callSpanId)", "contextAt(trace, trace.spanId)", "a target is given the call's span"],
  ]),
];
