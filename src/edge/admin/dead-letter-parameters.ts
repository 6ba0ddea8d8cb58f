import type { Request } from "express";
import type { DeadLetterFilter } from "../../domain/failure/dead-letter-reading.ts";
import type { RedriveOptions } from "../../ports/dead-letters.ts";
import type { RedriveTo } from "../../domain/failure/redrive-to.ts";
import { REDRIVE_TO } from "../../domain/failure/redrive-to.ts";
import { parseDateTime } from "../../text/date-time.ts";
import { HttpProblem } from "../http/errors.ts";

const FILTER = ["id", "rule", "target", "errorCode", "before", "after", "notRedrivenSince"] as const;

const LIST_LIMIT_INITIAL = 100;
const LIST_LIMIT_MAX = 1_000;
const REDRIVE_LIMIT_MAX = 10_000;
const RATE_MAX = 10_000;

/**
 * The query parameters of a request, each at most once. One that is not known is refused: a filter with a slip of
 * the pen must not stand for no filter at all.
 */
export class DeadLetterParameters {
  readonly #query: ReadonlyMap<string, string>;

  /** @param more the parameters that it may have besides the filter's. */
  constructor({ query }: Request, more: readonly string[] = []) {
    const known: readonly string[] = [...FILTER, ...more];
    for (const [name, value] of Object.entries(query)) {
      if (!known.includes(name))
        throw new HttpProblem(400, `unknown parameter "${name}": known are ${known.join(", ")}`);
      if (typeof value !== "string" || value === "") throw new HttpProblem(400, `${name} must have one value`);
    }
    this.#query = new Map(Object.entries(query as Record<string, string>));
  }

  get filter(): DeadLetterFilter {
    const filter = {
      id: this.#query.get("id"),
      rule: this.#query.get("rule"),
      target: this.#query.get("target"),
      errorCode: this.#query.get("errorCode"),
      beforeMs: this.#time("before"),
      afterMs: this.#time("after"),
      notRedrivenSinceMs: this.#time("notRedrivenSince"),
    };
    return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
  }

  get id(): string {
    const id = this.#query.get("id");
    if (id === undefined) throw new HttpProblem(400, "id is missing");
    return id;
  }

  get listLimit(): number {
    return this.#count("limit", LIST_LIMIT_MAX) ?? LIST_LIMIT_INITIAL;
  }

  get to(): RedriveTo {
    const to = this.#query.get("to") ?? "target";
    const found = REDRIVE_TO.find((each) => each === to);
    if (found === undefined) throw new HttpProblem(400, `to must be ${REDRIVE_TO.join(" or ")}`);
    return found;
  }

  get redrive(): RedriveOptions {
    const limit = this.#count("limit", REDRIVE_LIMIT_MAX);
    const ratePerSecond = this.#count("ratePerSecond", RATE_MAX);
    return {
      to: this.to,
      ...(limit === undefined ? {} : { limit }),
      ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    };
  }

  #count(name: string, max: number): number | undefined {
    const text = this.#query.get(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (value >= 1 && value <= max) return value;
    throw new HttpProblem(400, `${name} must be 1..${max}`);
  }

  #time(name: string): number | undefined {
    const text = this.#query.get(name);
    if (text === undefined) return undefined;
    const timeMs = parseDateTime(text);
    if (timeMs === undefined) throw new HttpProblem(400, `${name} must be a time such as 2026-01-31T12:00:00Z`);
    return timeMs;
  }
}
