import type { EngineResult } from "json-rules-engine";
import { Engine } from "json-rules-engine";
import type { Json, JsonObject } from "../../json/json.ts";
import { selectPath } from "../../json/json-path.ts";
import type { Conditions } from "../../domain/rule/rule.ts";
import { OPERATORS } from "./operators.ts";
import type { ConditionProblem, ParsedConditions } from "./parse.ts";
import { EVENT_FACT, parseConditions } from "./parse.ts";
import { unmetComparisons } from "./unmet.ts";

/**
 * Compiles a rule's `conditions`: json-rules-engine's `all`, `any` and `not` over the event's top-level fields as facts, with
 * our own paths and strict operators. A comparison whose path finds nothing is false, whatever its operator.
 *
 * Everything that can be wrong with conditions is found here, each problem with its place.
 */
export function compileConditions(
  json: unknown,
): { ok: true; conditions: Conditions } | { ok: false; problems: readonly ConditionProblem[] } {
  const result = parseConditions(json);
  if (!result.ok) return result;
  const run = oneAtATime(buildEngine(result.parsed));
  return {
    ok: true,
    conditions: {
      areMet: async (event) => (await run(event)).results.length > 0,
      unmet: async (event) => (await run(event)).failureResults.flatMap(unmetComparisons),
    },
  };
}

function buildEngine({ conditions, paths }: ParsedConditions): Engine {
  const pathResolver = (event: object, name: string) => selectPath(paths.get(name) ?? [], event as Json);
  const engine = new Engine([{ conditions, event: { type: "met" } }], { pathResolver });
  for (const [name, { holds }] of OPERATORS) engine.addOperator(name, holds);
  return engine;
}

/**
 * An engine keeps the state of a run in itself: one run that ends while another begins makes the other skip its rule, which
 * would read as "not met". So runs take turns. They wait for nothing outside, and a turn is short.
 */
function oneAtATime(engine: Engine): (event: JsonObject) => Promise<EngineResult> {
  let previous: Promise<unknown> = Promise.resolve();
  return (event) => {
    const run = previous.then(() => engine.run({ [EVENT_FACT]: event }));
    previous = run.catch(() => undefined);
    return run;
  };
}
