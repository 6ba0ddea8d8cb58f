import { TokenReader } from "./json-tokens.ts";
import { parseMatch } from "./parse-match.ts";
import { PatternError, PatternMatchError, PatternTooComplexError } from "../pattern-error.ts";
import type { Alternative, Field, Match, Pattern } from "../pattern.ts";
import { Steps } from "../steps.ts";
import { isTooComplex } from "./wildcard-complexity.ts";

/** EventBridge allows as many combinations of the branches of `$or`. */
const ALTERNATIVES_MAX = 1_000;

/** Levels of a pattern, and steps of a field's path however it is written: far more than anybody nests. */
const DEPTH_MAX = 100;

/** What a pattern with all combinations of its `$or` may come to. */
export interface PatternBounds {
  readonly fieldsMax: number;
  /** The lengths of the fields' paths, each counted once for each of its steps. */
  readonly pathCharactersMax: number;
  /** By how many sets of places its wildcards may be measured; see `wildcard-complexity.ts`. */
  readonly wildcardSetsMax: number;
}

/** What an operator writes is read with every start and reload: these take about a second. */
const OPERATORS_BOUNDS: PatternBounds = {
  fieldsMax: 500_000,
  pathCharactersMax: 40_000_000,
  wildcardSetsMax: 100_000,
};

/** What a caller sends takes the time of others: some hundredths of a second. */
export const CALLERS_BOUNDS: PatternBounds = {
  fieldsMax: 20_000,
  pathCharactersMax: 1_000_000,
  wildcardSetsMax: 2_000,
};

/** Steps of a path whose keys are joined beforehand. */
const KEYED_STEPS_MAX = 10;

/** Names that an operator has or may have one day; beside one of them, `$or` is an ordinary field. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(
  `exactly equals-ignore-case prefix suffix anything-but exists wildcard numeric cidr = < <= > >= regex not-wildcard
  not-equals-ignore-case date-after date-on-or-after date-before date-on-or-before in-date-range ip-address-in-range
  ip-address-not-in-range`.split(/\s+/),
);

/** The fields of one alternative while it is read: by the name of their path, where the last of two counts. */
type Draft = Map<string, readonly Match[]>;

/**
 * Reads and checks an event pattern.
 *
 * The behaviour follows AWS's event-ruler: a pattern is first read with `$or` as the operator and, if its objects are
 * not right for that, with `$or` as the name of a field; the reason given is that of the second reading. A mistake in an
 * entry of a field's list is one in either reading, and the second would only report a field's name as an operator.
 *
 * @param json the text of the pattern
 * @param bounds what it may come to; more is refused as too large
 * @returns the pattern, or AWS's words for what is wrong with it, which follow `Event pattern is not valid. Reason: `;
 *   `at` is where the token begins that is wrong, an index into the text, and undefined for what is wrong with the whole
 */
export function parsePattern(
  json: string,
  bounds = OPERATORS_BOUNDS,
): { ok: true; pattern: Pattern } | { ok: false; reason: string; at?: number } {
  const first = attempt(() => compile(json, bounds, true));
  const isFinal = first instanceof PatternTooComplexError || first instanceof PatternMatchError;
  const result = first instanceof PatternError && !isFinal ? attempt(() => compile(json, bounds, false)) : first;
  if (!(result instanceof PatternError)) return { ok: true, pattern: result };
  return { ok: false, reason: result.message, ...(result.at === undefined ? {} : { at: result.at }) };
}

function attempt<Read>(read: () => Read): Read | PatternError {
  try {
    return read();
  } catch (error) {
    if (error instanceof PatternError) return error;
    throw error;
  }
}

function compile(json: string, bounds: PatternBounds, orIsOperator: boolean): Pattern {
  const drafts = placed(new TokenReader(json), (reader) => {
    if (reader.next().type !== "{") throw new PatternError("Filter is not an object");
    const read = new DraftReader(reader, bounds, orIsOperator).object([new Map<string, readonly Match[]>()], [], false);
    // Nothing but white space may follow: the reader refuses everything else.
    reader.next();
    return read;
  });
  const wildcardSteps = new Steps(bounds.wildcardSetsMax);
  new Set(drafts.flatMap((draft) => [...draft.values()])).forEach((matches) => checkWildcards(matches, wildcardSteps));
  const names = drafts.flatMap((draft) => [...draft.keys()]);
  if (names.reduce((sum, name) => sum + pathCost(name), 0) > bounds.pathCharactersMax) throw tooLarge();
  return { alternatives: drafts.map(toAlternative) };
}

/** Reads, and adds to a mistake where it is: at the token that was read last. */
function placed<Result>(reader: TokenReader, read: (reader: TokenReader) => Result): Result {
  try {
    return read(reader);
  } catch (error) {
    if (error instanceof PatternError) error.at = reader.tokenAt;
    throw error;
  }
}

/** Reads objects of fields. Every method takes the alternatives so far, adds what it reads, and returns them all. */
class DraftReader {
  readonly #reader: TokenReader;
  readonly #bounds: PatternBounds;
  readonly #orIsOperator: boolean;
  #fields = 0;
  #pathCharacters = 0;

  constructor(reader: TokenReader, bounds: PatternBounds, orIsOperator: boolean) {
    this.#reader = reader;
    this.#bounds = bounds;
    this.#orIsOperator = orIsOperator;
  }

  /** Reads an object whose opening bracket has been taken, to past its closing one. */
  object(drafts: Draft[], path: readonly string[], insideOr: boolean): Draft[] {
    if (path.length >= DEPTH_MAX) throw tooDeep();
    let name = this.#reader.next();
    if (name.type === "}") throw new PatternError("Empty objects are not allowed");
    let result = drafts;
    for (; name.type !== "}"; name = this.#reader.next()) {
      result =
        name.text === "$or" && this.#orIsOperator
          ? this.#or(result, path)
          : this.#field(result, [...path, name.text], insideOr);
    }
    return result;
  }

  #field(drafts: Draft[], path: readonly string[], insideOr: boolean): Draft[] {
    const name = path.at(-1) ?? "";
    if (insideOr && RESERVED_NAMES.has(name)) throw new PatternError(`${name} is a reserved name inside $or`);
    const token = this.#reader.next();
    if (token.type === "{") return this.object(drafts, path, insideOr);
    if (token.type !== "[") throw new PatternError(`"${name}" must be an object or an array`);
    const matches = this.#matches();
    this.#count(drafts.length, path);
    for (const draft of drafts) draft.set(path.join("."), matches);
    return drafts;
  }

  /** Counts fields before they are made, so that no short pattern makes very many or very long ones. */
  #count(fields: number, path: readonly string[]): void {
    this.#fields += fields;
    this.#pathCharacters += path.reduce((sum, step) => sum + step.length + 1, 0);
    const { fieldsMax, pathCharactersMax } = this.#bounds;
    if (this.#fields > fieldsMax || this.#pathCharacters > pathCharactersMax) throw tooLarge();
  }

  #matches(): readonly Match[] {
    const matches: Match[] = [];
    for (let token = this.#reader.next(); token.type !== "]"; token = this.#reader.next()) {
      const match = attempt(() => parseMatch(token, this.#reader));
      if (match instanceof PatternError) throw new PatternMatchError(match.message);
      matches.push(match);
    }
    if (matches.length === 0) throw new PatternError("Empty arrays are not allowed");
    return matches;
  }

  /** Continues every alternative so far with every branch. */
  #or(drafts: Draft[], path: readonly string[]): Draft[] {
    if (this.#reader.next().type !== "[") throw new PatternError("$or must be an array");
    const result: Draft[] = [];
    let branches = 0;
    for (let token = this.#reader.next(); token.type !== "]"; token = this.#reader.next()) {
      if (token.type !== "{") throw new PatternError("Only objects are allowed in $or");
      for (const draft of drafts) this.#count(draft.size, []);
      const copies = drafts.map((draft) => new Map(draft));
      result.push(...this.object(copies, path, true));
      branches++;
      if (result.length > ALTERNATIVES_MAX) {
        throw new PatternTooComplexError(`Event pattern contains more than ${ALTERNATIVES_MAX} rule combinations`);
      }
    }
    if (branches < 2) throw new PatternError("$or must have at least two objects");
    return result;
  }
}

function toAlternative(draft: Draft): Alternative {
  const names = [...draft.keys()].sort();
  const paths = names.map((name) => name.split("."));
  const shared = countSharedLater(paths);
  return {
    fields: names.map((name, index): Field => {
      const matches = draft.get(name) ?? [];
      const mayBeAbsent = matches.some((match) => match.kind === "exists" && !match.exists);
      const steps = paths[index] ?? [];
      return { name, steps, keys: keysOf(steps), matches, mayBeAbsent, stepsSharedLater: shared[index] ?? 0 };
    }),
  };
}

/** See `Field.keys`. Their number grows with the square of the path's length, hence the bound. */
function keysOf(steps: readonly string[]): string[][] {
  if (steps.length > KEYED_STEPS_MAX) return [];
  return steps.map((_, from) => steps.slice(from).map((_step, index) => steps.slice(from, from + index + 1).join(".")));
}

/** For each path, the most leading steps that it, or one before it, has in common with one after it. */
function countSharedLater(paths: readonly (readonly string[])[]): number[] {
  const counts = paths.map(() => 0);
  const lastAt = new Map<string, number>();
  for (const [at, steps] of paths.entries()) {
    let prefix = "";
    for (const [step, name] of steps.entries()) {
      prefix += `.${name}`;
      const from = lastAt.get(prefix) ?? at;
      for (let index = from; index < at; index++) counts[index] = Math.max(counts[index] ?? 0, step + 1);
      lastAt.set(prefix, at);
    }
  }
  return counts;
}

/** The keys and leading parts of a path are as many as its steps, and as long as it at most. */
function pathCost(name: string): number {
  let steps = 1;
  for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) steps++;
  if (steps > DEPTH_MAX) throw tooDeep();
  return name.length * steps;
}

function checkWildcards(matches: readonly Match[], steps: Steps): void {
  const everyMatch = matches.flatMap((match) => (match.kind === "anythingBut" ? match.excluded : [match]));
  const wildcards = everyMatch.flatMap((match) => (match.kind === "wildcard" ? [match.literals] : []));
  if (wildcards.length > 0 && isTooComplex(wildcards, { steps })) {
    const remedy =
      "try using fewer wildcard characters or fewer repeating character sequences after a wildcard character";
    throw new PatternTooComplexError(`Rule is too complex - ${remedy}`);
  }
}

function tooLarge(): PatternError {
  return new PatternTooComplexError("Event pattern is too large: its fields are too many, or their names too long");
}

function tooDeep(): PatternError {
  return new PatternTooComplexError(`Event pattern is nested too deeply: at most ${DEPTH_MAX} levels are supported`);
}
