import { z } from "zod";
import type { Context } from "./kinds/kind/context.ts";
import { KINDS, SECTIONS, SINGLE_SECTIONS } from "./kinds/kinds.ts";

/** The JSON Schema of a configuration file, for editors: the same definitions that the files are checked by. */
export function configJsonSchema(): object {
  // What names exist, and whether a pattern is valid, is beyond a JSON Schema: nothing is compiled here.
  const context: Context = {
    names: {
      function: new Set(),
      "api-destination": new Set(),
      queue: new Set(),
      stream: new Set(),
      "event-bus": new Set(),
    },
    allNamesKnown: false,
    compileConditions: () => ({
      ok: true,
      conditions: { areMet: () => Promise.resolve(true), unmet: () => Promise.resolve([]) },
    }),
  };
  const sections = Object.fromEntries(
    SECTIONS.map((section): [string, z.ZodType] => {
      const { names, schema, about } = KINDS[section];
      if (SINGLE_SECTIONS.has(section)) return [section, schema(context).optional()];
      return [section, z.record(z.string().regex(names.pattern), schema(context)).optional().describe(about)];
    }),
  );
  const file = z.strictObject(sections).describe("Busbar's configuration: any number of files, read as one.");
  return { title: "Busbar configuration", ...z.toJSONSchema(file, { io: "input" }) };
}
