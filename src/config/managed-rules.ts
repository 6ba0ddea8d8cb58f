import type { Archive } from "../domain/archive/archive.ts";
import { managedRuleName } from "../domain/archive/archive.ts";
import type { Rule } from "../domain/rule/rule.ts";
import { tryParseExactly } from "../json/exact-json.ts";
import type { JsonObject } from "../json/json.ts";
import { parsePattern } from "../pattern/parse/parse.ts";
import type { Alternative, Pattern } from "../pattern/pattern.ts";

/** AWS's name of the service that archives events. */
const ARCHIVING_SERVICE = "prod.vhs.events.aws.internal";

const REPLAY_NAME = "replay-name";

/** Replayed events have it, and no archive keeps them again. */
const NOT_REPLAYED = [{ exists: false }];

/** The rule of an archive's bus that brings the events that fit to the archive. */
export function managedRule({ name, bus, patternJson }: Archive): Rule {
  const given = patternJson === undefined ? {} : (tryParseExactly(patternJson) as JsonObject);
  const json = JSON.stringify({ ...given, [REPLAY_NAME]: NOT_REPLAYED });
  return {
    bus,
    name: managedRuleName(name),
    description: `Brings events to archive ${name}.`,
    state: "ENABLED",
    pattern: patternJson === undefined ? compiled(json, name) : notReplayed(patternJson, json, name),
    patternJson: json,
    targets: [{ id: name, to: { kind: "archive", name }, input: { kind: "event" } }],
    managedBy: ARCHIVING_SERVICE,
  };
}

/** The whole pattern, without the alternatives of its `$or` that ask for a replay: they fit no event that may be archived. */
function notReplayed(givenJson: string, wholeJson: string, archive: string): Pattern {
  const given = compiled(givenJson, archive);
  const whole = compiled(wholeJson, archive);
  // Both have the same alternatives in the same order: the one field that was added is in all of them.
  return { alternatives: whole.alternatives.filter((_, at) => !asksForReplay(given.alternatives[at])) };
}

function asksForReplay(alternative: Alternative | undefined): boolean {
  return alternative?.fields.some(({ name, mayBeAbsent }) => name === REPLAY_NAME && !mayBeAbsent) ?? false;
}

function compiled(json: string, archive: string): Pattern {
  const parsed = parsePattern(json);
  if (parsed.ok) return parsed.pattern;
  throw new Error(`the pattern of archive "${archive}" is not valid: ${parsed.reason}`);
}
