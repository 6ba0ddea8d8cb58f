import { z } from "zod";
import { SECTIONS, type Section } from "./source/document.ts";
import { NAMES } from "./names.ts";
import { entrySchemas } from "./schema.ts";

const SECTION_HELP: Record<Section, string> = {
  eventBuses: "Event buses, by name. `default` is always there.",
  functions: "Functions, by name, with Lambda's property names and defaults.",
  queues: "Queues of yours, by name. Others may fill and read them too.",
  apiDestinations: "HTTP APIs to call, by name, with EventBridge's property names and defaults.",
  rules: "Rules, by bus/name; without a bus, on the default one.",
};

/** The JSON Schema of a configuration file, for editors: the same definitions that the files are checked by. */
export function configJsonSchema(): object {
  // What names exist, and whether a pattern is valid, is beyond a JSON Schema: nothing is compiled here.
  const schemas = entrySchemas({
    names: { function: new Set(), "api-destination": new Set(), queue: new Set(), "event-bus": new Set() },
    allNamesKnown: false,
    compileConditions: () => ({
      ok: true,
      conditions: { areMet: () => Promise.resolve(true), unmet: () => Promise.resolve([]) },
    }),
  });
  const sections = Object.fromEntries(
    (Object.keys(SECTIONS) as Section[]).map((section) => [
      section,
      z.record(z.string().regex(NAMES[section].pattern), schemas[section]).optional().describe(SECTION_HELP[section]),
    ]),
  );
  const file = z.strictObject(sections).describe("Busbar's configuration: any number of files, read as one.");
  return { title: "Busbar configuration", ...z.toJSONSchema(file, { io: "input" }) };
}
