import { createHash } from "node:crypto";
import type { Redaction } from "../../domain/journal/journal-config.ts";
import { redactionKey } from "../../domain/journal/journal-config.ts";
import { EVENT_LEVELS_MAX, isDeeperThan } from "../../json/depth.ts";
import { tryParseExactly } from "../../json/exact-json.ts";
import type { Json, JsonObject } from "../../json/json.ts";
import { isJsonObject, isRawNumber } from "../../json/json.ts";

const MASK = "***";
const HASH_DIGITS = 16;

/**
 * Makes a function that replaces what a configuration keeps secret in JSON, in UTF-8. It returns
 * undefined for what cannot be looked through: that must not be shown.
 */
export function createRedactor(redaction: Redaction): (json: Buffer) => Buffer | undefined {
  if (redaction.keys.length === 0 && redaction.paths.length === 0) return (json) => json;
  const read = createRedactedReader(redaction);
  return (json) => {
    const value = read(json);
    // Written anew even where nothing was replaced: of a name that is there twice, only the last value was looked through.
    return value === undefined ? undefined : Buffer.from(JSON.stringify(value));
  };
}

/** The same, as the value that the JSON stands for. */
export function createRedactedReader(redaction: Redaction): (json: Buffer) => Json | undefined {
  const walk = new Walk(redaction.keys, redaction.with === "mask" ? () => MASK : hashed);
  return (json) => {
    const value = tryParseExactly(json.toString());
    return value === undefined || isDeeperThan(EVENT_LEVELS_MAX, value) ? undefined : walk.into(value, redaction.paths);
  };
}

/** A way through a value. */
class Walk {
  readonly #keys: readonly string[];
  readonly #replace: (value: Json) => Json;

  constructor(keys: readonly string[], replace: (value: Json) => Json) {
    this.#keys = keys;
    this.#replace = replace;
  }

  /** @param paths those that lead on from here, as what is left of them. */
  into(value: Json, paths: readonly (readonly string[])[]): Json {
    if (Array.isArray(value)) return value.map((item: Json) => this.#member("*", item, paths));
    if (!isJsonObject(value) || isRawNumber(value)) return value;
    const shown: Record<string, Json> = {};
    for (const [name, member] of Object.entries(value)) {
      const isSecret = this.#keys.length > 0 && this.#endsAsSecret(name);
      define(shown, name, isSecret ? this.#replace(member) : this.#member(name, member, paths));
    }
    return shown;
  }

  #member(name: string, value: Json, paths: readonly (readonly string[])[]): Json {
    const onward = paths.flatMap(([first, ...rest]) => (first === "*" || first === name ? [rest] : []));
    return onward.some((rest) => rest.length === 0) ? this.#replace(value) : this.into(value, onward);
  }

  #endsAsSecret(name: string): boolean {
    const key = redactionKey(name);
    return this.#keys.some((secret) => key.endsWith(secret));
  }
}

/** Sets a member, also one called `__proto__`. */
function define(object: JsonObject, name: string, value: Json): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

function hashed(value: Json): string {
  return `sha256:${createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, HASH_DIGITS)}`;
}
