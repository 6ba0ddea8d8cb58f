import assert from "node:assert/strict";
import { parseExactly } from "../../../src/json/exact-json.ts";
import { EVENT_LEVELS_MAX, isDeeperThan } from "../../../src/json/depth.ts";
import type { Json, JsonObject } from "../../../src/json/json.ts";
import { isJsonObject, parseJson } from "../../../src/json/json.ts";
import { isMatchWithinBounds } from "../../../src/edge/aws/services/events/test-event-pattern.ts";
import { AwsError } from "../../../src/edge/aws/errors.ts";
import { matches } from "../../../src/pattern/matches.ts";
import { parsePattern } from "../../../src/pattern/parse/parse.ts";
import type { Pattern } from "../../../src/pattern/pattern.ts";
import { indexRules } from "../../../src/pattern/rule-index.ts";
import { ordinaryJson } from "../../support/bounded-work.ts";
import { LIST_CASES } from "../../support/aws/list-events.ts";
import type { Chance } from "../../simulation/chance.ts";
import type { Subject } from "./subject.ts";
import { texts } from "./subject.ts";
import { cpuTimer } from "../../support/cpu-time.ts";

/** Of so many inputs one is made as large as an event may be. */
const LARGE_ONE_OF = 25;
const LARGE_BYTES = 1_000_000;

/** How many times the CPU time of JSON.parse may be taken, and what the first call adds. The least of a few tries counts. */
const TIMES_MAX = 20;
const NOISE_MS = 50;
const TRIES = 3;

const ordinary = ordinaryJson(LARGE_BYTES);
const parsePlainMs = Math.min(...Array.from({ length: TRIES }, () => msOf(() => JSON.parse(ordinary) as unknown)));

/** A pattern over lists, and behind a line's end an event: what each takes, and that the engine and the plain matcher agree. */
export const lists: Subject = {
  name: "lists",
  weight: 1,
  corpus: texts(...LIST_CASES.map(({ pattern, eventJson }) => `${JSON.stringify(pattern)}\n${eventJson(200)}`)),
  run(input, chance) {
    const [patternJson = "", ...rest] = input.toString().split("\n");
    const eventJson = sized(rest.join("\n"), chance);
    holdsToTime("testing a pattern", () => tested(patternJson, eventJson));
    const parsed = parsePattern(patternJson);
    const event = parsed.ok ? readEvent(eventJson) : undefined;
    if (parsed.ok && event !== undefined) agree(parsed, eventJson, event);
  },
};

function agree(rule: { readonly pattern: Pattern }, eventJson: string, event: JsonObject): void {
  const index = indexRules([rule]);
  const bytes = Buffer.from(eventJson);
  const fitting = holdsToTime("matching", () => index.match(bytes));
  const plain = holdsToTime("trying", () => matches(rule.pattern, event));
  if (plain === "too costly" || fitting === "too costly") return;
  assert.deepEqual(fitting, plain ? [rule] : []);
}

function readEvent(json: string): JsonObject | undefined {
  if (!isJsonObject(parseJson(json))) return undefined;
  const event = parseExactly(json) as JsonObject;
  return isDeeperThan(EVENT_LEVELS_MAX, event) ? undefined : event;
}

function tested(EventPattern: string, Event: string): void {
  try {
    isMatchWithinBounds(EventPattern, Event);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
  }
}

/** The same event, or now and then one whose outermost lists are so long that it is as large as an event may be. */
function sized(json: string, chance: Chance): string {
  const event = chance.between(1, LARGE_ONE_OF) === 1 ? parseJson(json) : undefined;
  if (event === undefined) return json;
  const times = Math.floor(LARGE_BYTES / Math.max(json.length, 1));
  const longer = JSON.stringify(lengthened(event, times));
  return longer.length <= LARGE_BYTES ? longer : json;
}

function lengthened(value: Json, times: number): Json {
  if (Array.isArray(value)) return Array.from({ length: times }, () => value as readonly Json[]).flat();
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, lengthened(member, times)]));
}

function holdsToTime<Result>(what: string, work: () => Result): Result {
  const maxMs = TIMES_MAX * parsePlainMs + NOISE_MS;
  let tookMs = Infinity;
  for (let tries = 1; ; tries++) {
    const cpuMs = cpuTimer();
    const result = work();
    tookMs = Math.min(tookMs, cpuMs());
    if (tookMs <= maxMs) return result;
    if (tries === TRIES) throw new Error(`${what} took ${Math.round(tookMs)} ms`);
  }
}

function msOf(work: () => unknown): number {
  const cpuMs = cpuTimer();
  work();
  return cpuMs();
}
