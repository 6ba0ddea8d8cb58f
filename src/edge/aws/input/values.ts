import type { Json } from "../../../json/json.ts";
import { isJsonObject } from "../../../json/json.ts";
import { violation, wrongType } from "./problems.ts";
import type { Shape } from "./shapes.ts";
import { shown } from "./shapes.ts";

/** True or false. */
export const boolean: Shape<boolean> = {
  problemsOf: (value) => (typeof value === "boolean" ? undefined : [wrongType("true or false")]),
  show: (value) => JSON.stringify(value),
};

/** One of some texts, in the order in which AWS prints them. */
export function enumeration<Value extends string>(...values: readonly Value[]): Shape<Value> {
  const show = (value: Json): string => (typeof value === "string" ? shown(value) : "null");
  return {
    problemsOf: (value) => {
      if (typeof value !== "string") return [wrongType("a string")];
      if ((values as readonly string[]).includes(value)) return undefined;
      return [violation(`Member must satisfy enum value set: [${values.join(", ")}]`, () => show(value))];
    },
    show,
  };
}

/** An object whose members are called as the caller likes, each with a text. */
export function stringMap(entriesMax: number): Shape<Readonly<Record<string, string>>> {
  const show = (value: Json): string =>
    isJsonObject(value)
      ? shown(
          `{${Object.entries(value)
            .map(([key, text]) => `${key}=${JSON.stringify(text)}`)
            .join(", ")}}`,
        )
      : "null";
  return {
    problemsOf: (value) => {
      if (!isJsonObject(value)) return [wrongType("an object")];
      const texts = Object.values(value);
      if (texts.some((text) => typeof text !== "string")) return [wrongType("an object of strings")];
      if (texts.length <= entriesMax) return undefined;
      return [violation(`Member must have length less than or equal to ${entriesMax}`, () => show(value))];
    },
    show,
  };
}

/** An object whose members are called as the caller likes, each of one shape. */
export function mapOf<Value>(item: Shape<Value>, entriesMax: number): Shape<Readonly<Record<string, Value>>> {
  const show = (): string => "{…}";
  return {
    problemsOf: (value) => {
      if (!isJsonObject(value)) return [wrongType("an object")];
      const entries = Object.entries(value);
      if (entries.length > entriesMax) {
        return [violation(`Member must have length less than or equal to ${entriesMax}`, show)];
      }
      for (const [name, each] of entries) {
        const problems = each === null ? [wrongType("present")] : item.problemsOf(each);
        if (problems === undefined) continue;
        for (const { path } of problems) path.push(name);
        return problems;
      }
      return undefined;
    },
    show,
  };
}
