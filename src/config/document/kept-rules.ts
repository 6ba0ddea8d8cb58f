import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";
import type { Config } from "../../domain/config.ts";
import type { Rule } from "../../domain/rule/rule.ts";
import { ruleKey } from "../../domain/rule/rule.ts";
import { tryParseExactly } from "../../json/exact-json.ts";
import { isJsonObject } from "../../json/json.ts";
import { indexedByBus } from "../indexed-rules.ts";
import type { Compilers, Context } from "../kinds/kind/context.ts";
import { KINDS } from "../kinds/kinds.ts";
import { DEFAULT_BUS } from "../../domain/config.ts";
import { fillReferences } from "../source/references.ts";

/** Above what the journal takes. */
const DOCUMENT_BYTES_MAX = 16 * 1024 * 1024;
/** A rule takes up to a tenth of a millisecond: other work goes on between these. */
const RULES_A_TURN = 50;

const inflate = promisify(inflateRaw);
const NO_NAMES: ReadonlySet<string> = new Set();
const NO_SECRETS = new Map();

/** The buses and rules of a configuration that is kept as its document. */
export type KeptRules = Pick<Config, "eventBuses" | "rules" | "rulesByBus">;

/**
 * Compiles the rules of a document once more, as `documentOf` wrote it. No rule holds a secret, so that nothing of them is
 * hidden there; what they point at is not looked up, since its secrets are.
 *
 * @param deflated the document, deflated.
 * @returns undefined where a rule cannot be read: a router of another version wrote it, or something else did.
 */
export async function readKeptRules(
  deflated: Uint8Array,
  { compileConditions }: Pick<Compilers, "compileConditions">,
): Promise<KeptRules | undefined> {
  const document = await inflate(deflated, { maxOutputLength: DOCUMENT_BYTES_MAX }).then(
    (json) => tryParseExactly(json.toString()),
    () => undefined,
  );
  if (!isJsonObject(document)) return undefined;
  const { rules: written = {}, eventBuses = {} } = document;
  if (!isJsonObject(written) || !isJsonObject(eventBuses)) return undefined;

  const schema = KINDS.rules.schema(contextOf(compileConditions));
  const rules = new Map<string, Rule>();
  for (const [at, [key, raw]] of Object.entries(written).entries()) {
    if (at % RULES_A_TURN === 0) await setImmediate();
    const shape = schema.safeParse(fillReferences({ section: "rules", raw }, NO_SECRETS).value);
    if (!shape.success) return undefined;
    const rule = KINDS.rules.make(key, shape.data);
    rules.set(ruleKey(rule.bus, rule.name), rule);
  }
  const buses = [DEFAULT_BUS, ...Object.keys(eventBuses)];
  return {
    eventBuses: new Map(buses.map((name) => [name, { name }])),
    rules,
    rulesByBus: await indexedByBus(rules.values()),
  };
}

/** Any name may be pointed at: whether it is there was checked when the configuration came into force. */
function contextOf(compileConditions: Compilers["compileConditions"]): Context {
  return {
    compileConditions: (json) => compileConditions(json),
    names: {
      function: NO_NAMES,
      "api-destination": NO_NAMES,
      queue: NO_NAMES,
      stream: NO_NAMES,
      "event-bus": NO_NAMES,
    },
    allNamesKnown: false,
  };
}
