import type { Command } from "commander";
import type { ArchiveListAnswer } from "../../../admin-api/configuration/archives.ts";
import { CONFIGURATION_OPERATIONS } from "../../../admin-api/operations/configuration.ts";
import { allPages } from "../../client/all-pages.ts";
import { CommandError } from "../../command-error.ts";
import type { AdminOptions } from "../../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../../options/admin-options.ts";
import { inOneLine } from "../../output/escape.ts";
import { formatTable, utcText } from "../../output/format.ts";
import type { Terminal } from "../../terminal.ts";

type ListedArchive = ArchiveListAnswer["archives"][number];

/** `archives list` and `archives show`: what archives keep, over the admin port of a router. */
export function addArchives(program: Command, terminal: Terminal): void {
  const archives = program.command("archives").description("the archives in force, and what they keep");
  addAdminOptions(archives.command("list").description("all of them")).action(async (options: AdminOptions) => {
    const listed = await allOf(options, undefined, terminal.env);
    if (options.json) return terminal.printJson({ archives: listed });
    terminal.print(formatTable(HEAD, listed.map(rowOf)));
  });
  addAdminOptions(
    archives.command("show").description("one of them, with its pattern").argument("<name>", "its name"),
  ).action(async (name: string, options: AdminOptions) => {
    const [archive] = await allOf(options, name, terminal.env);
    if (archive === undefined) throw new CommandError(`there is no archive "${inOneLine(name)}"`);
    if (options.json) return terminal.printJson(archive);
    terminal.print(formatTable(HEAD, [rowOf(archive)]));
    const { description, eventPattern, place } = archive;
    if (description !== undefined) terminal.print(`\n${inOneLine(description)}\n`);
    terminal.print(`\nkeeps ${eventPattern === undefined ? "every event of the bus" : inOneLine(eventPattern)}\n`);
    terminal.print(place === undefined ? "made over the API\n" : `made in ${place}\n`);
  });
}

async function allOf(
  options: AdminOptions,
  name: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<readonly ListedArchive[]> {
  const client = clientOf(options, env);
  return allPages(async (after) => {
    const asked = { query: { archive: name, after } };
    const { archives: rows, next } = await client.ask(CONFIGURATION_OPERATIONS.listArchives, asked);
    return { rows, next };
  });
}

const HEAD = ["ARCHIVE", "BUS", "DAYS", "MAX BYTES", "EVENTS", "BYTES", "FIRST", "LAST"];

function rowOf({ name, bus, retentionDays, retentionBytes, events, bytes, firstMs, lastMs }: ListedArchive) {
  return [
    name,
    bus,
    retentionDays === undefined ? "-" : String(retentionDays),
    retentionBytes === undefined ? "-" : String(retentionBytes),
    String(events),
    String(bytes),
    utcText(firstMs),
    utcText(lastMs),
  ];
}
