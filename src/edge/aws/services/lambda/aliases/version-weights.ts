import type { Json, JsonObject } from "../../../../../json/json.ts";
import { isJsonObject } from "../../../../../json/json.ts";
import { violation, wrongType } from "../../../input/problems.ts";
import type { Shape } from "../../../input/shapes.ts";
import { shown, structure } from "../../../input/shapes.ts";

const KEY = /^[0-9]{1,1024}$/;
const KEY_CONSTRAINT =
  "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]";
const VALUE_CONSTRAINT =
  "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]";

/** Versions by number, each with its share of an alias's calls. How many there are is checked later, as on Lambda. */
const WEIGHTS: Shape<Readonly<Record<string, number>>> = {
  problemsOf: (value) => {
    if (!isJsonObject(value)) return [wrongType("an object")];
    const weights = Object.values(value);
    if (weights.some((weight) => weight !== null && typeof weight !== "number"))
      return [wrongType("an object of numbers")];
    const broken = [
      ...(Object.keys(value).every((key) => KEY.test(key)) ? [] : [KEY_CONSTRAINT]),
      ...(weights.every((weight) => typeof weight === "number" && weight >= 0 && weight <= 1)
        ? []
        : [VALUE_CONSTRAINT]),
    ];
    return broken.length === 0 ? undefined : broken.map((one) => violation(one, () => shownWeights(value)));
  },
  show: (value) => (isJsonObject(value) ? shownWeights(value) : "null"),
};

/** `RoutingConfig`. */
export const ROUTING_CONFIG = structure("AliasRoutingConfiguration", { AdditionalVersionWeights: WEIGHTS });

/** As Java prints a map of doubles. */
function shownWeights(value: JsonObject): string {
  const each = Object.entries(value).map(([version, weight]) => `${version}=${shownNumber(weight)}`);
  return shown(`{${each.join(", ")}}`);
}

function shownNumber(weight: Json): string {
  return Number.isInteger(weight) ? `${JSON.stringify(weight)}.0` : JSON.stringify(weight);
}
