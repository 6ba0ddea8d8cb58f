import type { ArchivedEventsAnswer } from "../../../admin-api/replays/archived-events.ts";
import type { Config } from "../../../domain/config.ts";
import { replayedEvent } from "../../../domain/event/archived-event.ts";
import { ruleKey } from "../../../domain/rule/rule.ts";
import { match } from "../../../flow/route/match.ts";
import { counted, formatTable } from "../../output/format.ts";

const EXAMPLES_MAX = 3;

/** A rule that would match other events of an archive than it does. */
export interface ChangedMatches {
  /** `BUS/NAME`. */
  readonly rule: string;
  /** How many events it matches now, and how many it would. */
  readonly now: number;
  readonly then: number;
  /** Ids of the first that only the present rule matches, and that only the planned one does. */
  readonly lost: readonly string[];
  readonly gained: readonly string[];
}

export interface ArchiveComparison {
  readonly archive: string;
  readonly events: number;
  readonly end: ArchivedEventsAnswer["end"];
  /** When the last of the events was accepted. */
  readonly until?: string | undefined;
  readonly rules: readonly ChangedMatches[];
}

interface Tally {
  now: number;
  then: number;
  readonly lost: string[];
  readonly gained: string[];
}

/**
 * Matches archived events with a planned configuration, and compares that with what the router says they match now.
 *
 * @param stays whether a rule of the API stays in force beside the plan.
 */
export async function compareMatches(
  archive: string,
  { bus: archiveBus, events, end }: ArchivedEventsAnswer,
  planned: Config,
  stays: (rule: string) => boolean,
): Promise<ArchiveComparison> {
  const tallies = new Map<string, Tally>();
  for (const { id, json, rules } of events) {
    const now = new Set(rules.map(({ bus, rule }) => ruleKey(bus, rule)));
    const then = await matchedBy(planned, json, archiveBus);
    for (const rule of now) if (stays(rule)) then.add(rule);
    for (const rule of new Set([...now, ...then])) tally(tallies, rule, id, now.has(rule), then.has(rule));
  }
  const changed = [...tallies]
    .filter(([, { lost, gained }]) => lost.length + gained.length > 0)
    .map(([rule, { now, then, lost, gained }]) => ({ rule, now, then, lost, gained }))
    .sort((a, b) => (a.rule < b.rule ? -1 : 1));
  const until = events.at(-1)?.acceptedAt;
  return { archive, events: events.length, end, until, rules: changed };
}

async function matchedBy(config: Config, json: string, bus: string): Promise<Set<string>> {
  const event = replayedEvent(Buffer.from(json), { name: undefined, bus, nowMs: 0 });
  if (event === undefined || !config.eventBuses.has(bus)) return new Set();
  const matched = await match(event, { config, pause: () => Promise.resolve() });
  return new Set("reason" in matched ? [] : matched.rules.map((one) => ruleKey(one.bus, one.rule)));
}

function tally(tallies: Map<string, Tally>, rule: string, id: string, isNow: boolean, isThen: boolean): void {
  const counts = tallies.get(rule) ?? { now: 0, then: 0, lost: [], gained: [] };
  tallies.set(rule, counts);
  if (isNow) counts.now += 1;
  if (isThen) counts.then += 1;
  const examples = isNow ? counts.lost : counts.gained;
  if (isNow !== isThen && examples.length < EXAMPLES_MAX) examples.push(id);
}

export function comparisonText({ archive, events, end, until, rules }: ArchiveComparison): string {
  const more = end === "finished" ? "" : `, the first up to ${until ?? "then"}: there are more`;
  const of = `${counted(events, "event")} of the archive ${archive}${more}`;
  if (rules.length === 0) return `no rule would match more or less of ${of}\n`;
  const rows = rules.map(({ rule, now, then, lost, gained }) => [rule, now, then, examplesOf(lost, gained)]);
  return `${formatTable(["RULE", "NOW", "THEN", "EVENTS"], rows)}of ${of}\n`;
}

function examplesOf(lost: readonly string[], gained: readonly string[]): string {
  const texts = [...lost.map((id) => `-${id}`), ...gained.map((id) => `+${id}`)];
  return texts.join(" ");
}
