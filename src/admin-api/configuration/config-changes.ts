import type { ConfigurationDocument } from "./configurations.ts";

/** One entry of a configuration that differs from the one before. */
export interface ConfigChange {
  /** `rule default/big-orders` */
  readonly what: string;
  readonly kind: "added" | "removed" | "changed";
  /** Of a rule its `bus/name`. */
  readonly rule?: string;
  /** What differs in it: `eventPattern.detail.total: ≥ 100 → ≥ 1000`. */
  readonly parts: readonly string[];
}

const NOUNS: Readonly<Record<string, string>> = {
  rules: "rule",
  functions: "function",
  queues: "queue",
  eventBuses: "event bus",
  apiDestinations: "API destination",
  schedules: "schedule",
};
const OPERATORS: Readonly<Record<string, string>> = { ">=": "≥", "<=": "≤", ">": ">", "<": "<", "=": "=" };
const TEXT_CHARACTERS_MAX = 200;

/** What a configuration has that the one before had not, and the other way round, by section and name. */
export function configChanges(before: ConfigurationDocument, after: ConfigurationDocument): readonly ConfigChange[] {
  return namesIn(before, after).flatMap((section) => {
    const [old = {}, now = {}] = [before[section], after[section]];
    // A section that is one thing has one entry, called as the section.
    const noun = NOUNS[section];
    return namesIn(old, now).flatMap((name): readonly ConfigChange[] => {
      const what = noun === undefined ? section : `${noun} ${name}`;
      const of = section === "rules" ? { what, rule: name } : { what };
      if (!(name in old)) return [{ ...of, kind: "added", parts: [] }];
      if (!(name in now)) return [{ ...of, kind: "removed", parts: [] }];
      const parts = partsOf(old[name], now[name], "");
      return parts.length === 0 ? [] : [{ ...of, kind: "changed", parts }];
    });
  });
}

function partsOf(old: unknown, now: unknown, path: string): readonly string[] {
  if (JSON.stringify(old) === JSON.stringify(now)) return [];
  if (isObject(old) && isObject(now)) {
    return namesIn(old, now).flatMap((name) => partsOf(old[name], now[name], path === "" ? name : `${path}.${name}`));
  }
  return [`${path}: ${textOf(old)} → ${textOf(now)}`];
}

function textOf(value: unknown): string {
  if (value === undefined) return "nothing";
  const numeric = Array.isArray(value) && value.length === 1 ? (value[0] as { numeric?: unknown } | null)?.numeric : [];
  if (Array.isArray(numeric) && numeric.length === 2) {
    return `${OPERATORS[String(numeric[0])] ?? String(numeric[0])} ${String(numeric[1])}`;
  }
  const text = JSON.stringify(value);
  return text.length <= TEXT_CHARACTERS_MAX ? text : `${text.slice(0, TEXT_CHARACTERS_MAX)}…`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function namesIn(a: object, b: object): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}
