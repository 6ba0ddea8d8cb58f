import type { Command } from "commander";
import type { MappingListAnswer } from "../../../admin-api/configuration/mappings.ts";
import { CONFIGURATION_OPERATIONS } from "../../../admin-api/operations/configuration.ts";
import { allPages } from "../../client/all-pages.ts";
import { CommandError } from "../../command-error.ts";
import type { AdminOptions } from "../../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../../options/admin-options.ts";
import { inOneLine } from "../../output/escape.ts";
import { formatTable, utcText } from "../../output/format.ts";
import type { Terminal } from "../../terminal.ts";
import { addMappingCalls } from "./mapping-calls.ts";
import { resultText } from "./result-text.ts";

type ListedMapping = MappingListAnswer["mappings"][number];

/** `mappings`: what functions are called with, over the admin port of a router, and the calls, over a console. */
export function addMappings(program: Command, terminal: Terminal): void {
  const mappings = program.command("mappings").description("the event source mappings in force, and how they are");
  addAdminOptions(mappings.command("list").description("all of them")).action(async (options: AdminOptions) => {
    const listed = await allOf(options, undefined, terminal.env);
    if (options.json) return terminal.printJson({ mappings: listed });
    terminal.print(formatTable(HEAD, listed.map(rowOf)));
  });
  addAdminOptions(
    mappings.command("show").description("one of them, with its filters").argument("<name>", "its name"),
  ).action(async (name: string, options: AdminOptions) => {
    const [mapping] = await allOf(options, name, terminal.env);
    if (mapping === undefined) throw new CommandError(`there is no event source mapping "${inOneLine(name)}"`);
    if (options.json) return terminal.printJson(mapping);
    terminal.print(formatTable(HEAD, [rowOf(mapping)]));
    if (mapping.description !== undefined) terminal.print(`\n${inOneLine(mapping.description)}\n`);
    terminal.print(`\n${mapping.filters.length === 0 ? "no filters" : "filters:"}\n`);
    for (const filter of mapping.filters) terminal.print(`  ${inOneLine(filter)}\n`);
  });
  addMappingCalls(mappings, terminal);
}

async function allOf(
  options: AdminOptions,
  name: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<readonly ListedMapping[]> {
  const client = clientOf(options, env);
  return allPages(async (after) => {
    const asked = { query: { mapping: name, after } };
    const { mappings: rows, next } = await client.ask(CONFIGURATION_OPERATIONS.listMappings, asked);
    return { rows, next };
  });
}

const HEAD = ["MAPPING", "SOURCE", "FUNCTION", "BATCH", "STATE", "CALLS", "BEHIND", "LAST RESULT", "AT"];

function rowOf(mapping: ListedMapping) {
  const { name, source, function: fn, batchSize, state, callsInFlight, oldestRecordAgeMs, lastResult } = mapping;
  return [
    name,
    `${source.kind}/${source.name}`,
    fn,
    String(batchSize),
    state,
    String(callsInFlight),
    oldestRecordAgeMs === undefined ? "-" : `${Math.round(oldestRecordAgeMs / 1_000)} s`,
    lastResult === undefined ? "-" : resultText(lastResult),
    utcText(lastResult?.atMs),
  ];
}
