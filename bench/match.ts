import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parsePattern } from "../src/pattern/parse/parse.ts";
import type { Pattern } from "../src/pattern/pattern.ts";
import type { RuleIndex } from "../src/pattern/rule-index.ts";
import { indexRules } from "../src/pattern/rule-index.ts";
import { featureLines } from "./match/features.ts";
import { readEvents, readRuleSets } from "./match/given.ts";
import type { RuleSet } from "./match/rule-sets.ts";
import { manyRules, orderLines, RULE_COUNTS, RULE_SETS } from "./match/rule-sets.ts";
import { median } from "./median.ts";

// What `node --expose-gc` does, so that nobody has to think of it.
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/**
 * A router always has an index, also while another is made. Without any, V8 forgets the shapes of the engine's objects
 * once the last one's are collected, and runs the next at half its speed. With one it still does so now and then (3 of
 * 7 runs): a run whose later sets are all at half of what another run says is one of those.
 */
const ALWAYS = indexRules([]);
ALWAYS.match(Buffer.from("{}"));

const FEATURES = 1_000;
const ORDERS = 1_000;
/** How long one subject works before the other's turn: shorter than whatever else disturbs the machine. */
const TURN_MS = 10;
const WARM_UP_TURNS = 20;

interface Options {
  /** How long each set is measured. */
  readonly seconds: number;
  readonly events?: string;
  readonly rules?: string;
  readonly json?: boolean;
}

interface BenchRule {
  readonly name: string;
  readonly pattern: Pattern;
}

interface Figures {
  readonly name: string;
  readonly eventsPerSecond: number;
  readonly ratioToJsonParse: number;
  readonly buildMs: number;
  readonly bytesPerRule: number;
  /** How many of the events each rule fits; of rules without any, nothing is said where they are many. */
  readonly matches: Readonly<Record<string, number>>;
}

/** How many events a second find the rules they fit, checked and matched whole, beside JSON.parse of the same lines. */
export function benchMatch(options: Options): void {
  const lines = options.events === undefined ? featureLines(FEATURES) : readEvents(options.events);
  const sets = options.rules === undefined ? RULE_SETS : readRuleSets(options.rules, lines);
  const isGiven = options.events !== undefined || options.rules !== undefined;
  const say = (text: string): unknown => options.json || process.stdout.write(`${text}\n`);
  say("set             events/s  × JSON.parse  build ms  bytes/rule  matches");
  const all: Figures[] = [];
  const parseRates: number[] = [];
  const measureSet = (name: string, rules: RuleSet, events: readonly string[], countsForParse: boolean): void => {
    const { figures, linesPerSecond } = measure(name, rules, events, options.seconds);
    if (countsForParse) parseRates.push(linesPerSecond);
    all.push(figures);
    say(row(figures));
    if (isGiven) for (const [rule, count] of Object.entries(figures.matches)) say(`  ${rule}: ${count}`);
  };
  for (const [name, rules] of Object.entries(sets)) measureSet(name, rules, lines, true);
  if (!isGiven) {
    for (const count of RULE_COUNTS) measureSet(`rules-${count}`, manyRules(count), orderLines(ORDERS, count), false);
  }
  const jsonParse = Math.round(median(parseRates));
  say(`JSON.parse ${jsonParse} lines/s`);
  if (options.json) process.stdout.write(`${JSON.stringify({ jsonParse, sets: all })}\n`);
}

function measure(
  name: string,
  set: RuleSet,
  lines: readonly string[],
  seconds: number,
): { figures: Figures; linesPerSecond: number } {
  const rules = Object.entries(set).map(([rule, pattern]): BenchRule => {
    const parsed = parsePattern(JSON.stringify(pattern));
    if (!parsed.ok) throw new Error(`${name}: ${rule}: ${parsed.reason}`);
    return { name: rule, pattern: parsed.pattern };
  });
  const bytesBefore = usedBytes();
  const startedAtMs = performance.now();
  const index = indexRules(rules);
  const buildMs = performance.now() - startedAtMs;
  const bytes = usedBytes() - bytesBefore;
  const events = lines.map((line) => Buffer.from(line));
  const { eventsPerSecond, linesPerSecond, ratio } = takeTurns(index, events, lines, seconds);
  const figures = {
    name,
    eventsPerSecond: Math.round(eventsPerSecond),
    ratioToJsonParse: Number(ratio.toFixed(2)),
    buildMs: Math.round(buildMs),
    bytesPerRule: Math.max(0, Math.round(bytes / rules.length)),
    matches: countMatches(index, events),
  };
  return { figures, linesPerSecond };
}

/** Both work in turn, so that the ratio is one of neighbours whatever else the machine does. */
function takeTurns(
  index: RuleIndex<BenchRule>,
  events: readonly Buffer[],
  lines: readonly string[],
  seconds: number,
): { eventsPerSecond: number; linesPerSecond: number; ratio: number } {
  const match = turnsOf(events, (event) => index.match(event));
  const parse = turnsOf(lines, (line) => JSON.parse(line) as unknown);
  for (let turn = 0; turn < WARM_UP_TURNS; turn++) {
    match();
    parse();
  }
  const matchRates: number[] = [];
  const parseRates: number[] = [];
  const endsAtMs = performance.now() + seconds * 1_000;
  while (performance.now() < endsAtMs || matchRates.length === 0) {
    matchRates.push(match());
    parseRates.push(parse());
  }
  const ratio = median(matchRates.map((rate, turn) => rate / (parseRates[turn] ?? 1)));
  return { eventsPerSecond: median(matchRates), linesPerSecond: median(parseRates), ratio };
}

/** A function that goes on with some work for a turn, and returns how many things it did a second. */
function turnsOf<Thing>(things: readonly Thing[], work: (thing: Thing) => unknown): () => number {
  let next = 0;
  return () => {
    const startedAtMs = performance.now();
    let done = 0;
    for (;;) {
      for (let some = 0; some < 16; some++) {
        work(things[next] as Thing);
        next = next + 1 === things.length ? 0 : next + 1;
      }
      done += 16;
      const elapsedMs = performance.now() - startedAtMs;
      if (elapsedMs >= TURN_MS) return (done * 1_000) / elapsedMs;
    }
  };
}

function countMatches(index: RuleIndex<BenchRule>, events: readonly Buffer[]): Record<string, number> {
  const isShort = index.rules.length <= 1_000;
  const counts = new Map<string, number>(isShort ? index.rules.map(({ name }) => [name, 0]) : []);
  for (const event of events) {
    const fitting = index.match(event);
    if (typeof fitting === "string") throw new Error(`${fitting}: ${event.toString().slice(0, 100)}`);
    for (const { name } of fitting) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

/** Typed arrays lie outside of the JavaScript heap. */
function usedBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function row({ name, eventsPerSecond, ratioToJsonParse, buildMs, bytesPerRule, matches }: Figures): string {
  const total = Object.values(matches).reduce((sum, count) => sum + count, 0);
  return [
    name.padEnd(14),
    String(eventsPerSecond).padStart(9),
    ratioToJsonParse.toFixed(2).padStart(13),
    String(buildMs).padStart(9),
    String(bytesPerRule).padStart(11),
    String(total).padStart(8),
  ].join(" ");
}
