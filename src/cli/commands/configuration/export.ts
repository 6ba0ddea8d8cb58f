import type { Command } from "commander";
import type { ConfigurationAnswer } from "../../../admin-api/configuration/configurations.ts";
import { yamlOf } from "../../../config/made/entry/made-yaml.ts";
import { DEFAULT_GROUP } from "../../../domain/schedule/kept/kept-schedule.ts";
import { configurationInForce } from "../../client/configuration-in-force.ts";
import type { MadeSchedule } from "../../client/made-schedules.ts";
import { madeSchedules } from "../../client/made-schedules.ts";
import { CommandError } from "../../command-error.ts";
import type { AdminOptions } from "../../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../../options/admin-options.ts";
import { inOneLine } from "../../output/escape.ts";
import type { Terminal } from "../../terminal.ts";

/** The longest name in a file. */
const NAME_CHARACTERS_MAX = 64;

/** `export`: what was made over the APIs of EventBridge, Scheduler, SQS and Lambda, as a configuration file has it. */
export function addExport(program: Command, terminal: Terminal): void {
  addAdminOptions(
    program
      .command("export")
      .description(
        "print what was made over the APIs of EventBridge, Scheduler, SQS and Lambda as YAML, for a configuration file",
      ),
  ).action(async (options: AdminOptions) => {
    const client = clientOf(options, terminal.env);
    const made = madeIn(await configurationInForce(client));
    const { entries, notes } = scheduleEntries(await madeSchedules(client));
    const sections = { ...made, ...(Object.keys(entries).length === 0 ? {} : { schedules: entries }) };
    if (options.json) return terminal.printJson(sections);
    terminal.print(Object.keys(sections).length === 0 ? "# nothing was made over the API\n" : yamlOf(sections));
    terminal.print(notes.map((note) => `# ${inOneLine(note)}\n`).join(""));
  });
}

/**
 * Files have no groups: a schedule of one gets a name with the group's before it. A file's takes the place of the API's only in
 * the default group, so the others have to be deleted.
 */
function scheduleEntries(schedules: readonly MadeSchedule[]): {
  readonly entries: Record<string, object>;
  readonly notes: readonly string[];
} {
  const entries: Record<string, object> = {};
  const notes: string[] = [];
  const taken = new Set(schedules.filter(({ group }) => group === DEFAULT_GROUP).map(({ name }) => name));
  for (const { group, name, entry, leftOut } of schedules) {
    const called = group === DEFAULT_GROUP ? name : `${group}.${name}`;
    const isFree = group === DEFAULT_GROUP || !(taken.has(called) || called.length > NAME_CHARACTERS_MAX);
    const problem = leftOut ?? (isFree ? undefined : `the name "${called}" is taken or too long`);
    if (entry === undefined || problem !== undefined) {
      notes.push(`schedule ${group}/${name} is left out: ${problem ?? "it has no entry"}`);
      continue;
    }
    entries[called] = entry;
    taken.add(called);
    if (group !== DEFAULT_GROUP)
      notes.push(`schedule ${called} is ${group}/${name} of the API: both fire until that is deleted`);
  }
  return { entries, notes };
}

function madeIn({ document, made }: ConfigurationAnswer): Record<string, object> {
  if (made === undefined) throw new CommandError("the router has no store: nothing can be made over its API");
  if (document === undefined) throw new CommandError("the configuration is too long for the admin API");
  const pick = (section: string, names: readonly string[]): Record<string, object> => {
    const entries = names.flatMap((name) => {
      const entry = document[section]?.[name];
      return entry === undefined ? [] : [[name, entry] as const];
    });
    return entries.length === 0 ? {} : { [section]: Object.fromEntries(entries) };
  };
  return {
    ...pick("eventBuses", made.eventBuses),
    ...pick("queues", made.queues),
    ...pick("apiDestinations", made.apiDestinations),
    ...pick("archives", made.archives),
    ...pick("rules", made.rules),
    ...pick("eventSourceMappings", made.mappings),
  };
}
