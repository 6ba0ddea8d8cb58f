import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { JsonObject } from "../src/core/json.ts";
import { matches } from "../src/pattern/matches.ts";
import { parsePattern } from "../src/pattern/parse.ts";
import type { Pattern } from "../src/pattern/pattern.ts";
import { indexRules } from "../src/pattern/rule-index.ts";
import type { Shape } from "./match/shapes.ts";
import { SHAPES } from "./match/shapes.ts";

// What `node --expose-gc` does, so that nobody has to think of it.
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const RULE_COUNTS = [1, 100, 10_000];

interface Options {
  /** How much CPU time each figure is taken over. */
  readonly seconds: number;
  readonly json?: boolean;
}

/** Of one shape and number of rules. Times are CPU times: rates are events a second of it. */
interface Figures {
  readonly shape: string;
  readonly rules: number;
  readonly plainEventsPerSecond: number;
  readonly indexedEventsPerSecond: number;
  readonly indexMs: number;
  /** What the index takes beside the rules. */
  readonly indexMiB: number;
}

interface BenchRule {
  readonly pattern: Pattern;
}

/** How many events a second find the rules they fit, with the plain matcher and with the index, in one run. */
export function benchMatch(options: Options): void {
  const all: Figures[] = [];
  if (!options.json)
    process.stdout.write("rules   shape                   plain/s  indexed/s  µs/event  index ms  index MiB\n");
  for (const count of RULE_COUNTS) {
    for (const shape of SHAPES) {
      const figures = measure(shape, count, options.seconds);
      all.push(figures);
      if (!options.json) process.stdout.write(`${row(figures)}\n`);
    }
  }
  if (options.json) process.stdout.write(`${JSON.stringify(all)}\n`);
}

function measure(shape: Shape, count: number, seconds: number): Figures {
  const rules = Array.from({ length: count }, (_, index): BenchRule => {
    const parsed = parsePattern(JSON.stringify(shape.patternOf(index)));
    if (!parsed.ok) throw new Error(parsed.reason);
    return parsed;
  });
  // Events differ, so that no rule's code and data are the only warm ones.
  const events = Array.from({ length: 100 }, (_, index) => shape.eventOf(Math.floor((index * count) / 100)));
  const bytesBefore = heapBytes();
  const indexStartedAtMs = cpuNowMs();
  const index = indexRules(rules);
  const indexMs = cpuNowMs() - indexStartedAtMs;
  const indexMiB = (heapBytes() - bytesBefore) / 1_048_576;
  const plain = (event: JsonObject): number => rules.filter((rule) => matches(rule.pattern, event)).length;
  const indexed = (event: JsonObject): number => index.matching(event).length;
  for (const event of events)
    if (plain(event) !== indexed(event)) throw new Error(`${shape.name}: index and plain matcher differ`);
  return {
    shape: shape.name,
    rules: count,
    plainEventsPerSecond: Math.round(eventsPerSecond(plain, events, seconds)),
    indexedEventsPerSecond: Math.round(eventsPerSecond(indexed, events, seconds)),
    indexMs: Number(indexMs.toFixed(1)),
    indexMiB: Number(indexMiB.toFixed(1)),
  };
}

function eventsPerSecond(find: (event: JsonObject) => number, events: readonly JsonObject[], seconds: number): number {
  const startedAtMs = cpuNowMs();
  let done = 0;
  for (;;) {
    for (const event of events) {
      find(event);
      done++;
      // Ten thousand rules tried one by one are slow enough to look at the clock after each event.
      const elapsedMs = done % 16 === 0 || done < 16 ? cpuNowMs() - startedAtMs : 0;
      if (elapsedMs > seconds * 1_000) return (done * 1_000) / elapsedMs;
    }
  }
}

/** CPU time, which other work on the machine does not lengthen. */
function cpuNowMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function row(figures: Figures): string {
  const { shape, rules, plainEventsPerSecond, indexedEventsPerSecond, indexMs, indexMiB } = figures;
  const cells = [
    String(rules).padEnd(7),
    shape.padEnd(22),
    String(plainEventsPerSecond).padStart(8),
    String(indexedEventsPerSecond).padStart(10),
    (1e6 / indexedEventsPerSecond).toFixed(1).padStart(9),
    indexMs.toFixed(1).padStart(9),
    indexMiB.toFixed(1).padStart(10),
  ];
  return cells.join(" ");
}
