import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { CONFIGURATION_OPERATIONS } from "../../admin-api/operations/configuration.ts";
import type { Pause, PauseFacts } from "../../domain/target/pause.ts";
import { PAUSE_REASON_CHARACTERS_MAX, PAUSED_BY_CHARACTERS_MAX } from "../../domain/target/pause.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import { destinationLabel, parseDestinationLabel } from "../../domain/target/target.ts";
import type { AdminOptions } from "../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../options/admin-options.ts";
import { formatTable } from "../output/format.ts";
import type { Terminal } from "../terminal.ts";

const DESTINATION = "function/NAME or api-destination/NAME";

/** `pause`: keeps all routers from calling a destination, over the admin port of one. */
export function addPause(program: Command, terminal: Terminal): void {
  command(program, "pause", "stop calling a function or an API destination; its queue fills")
    .argument("<destination>", DESTINATION, destinationArgument)
    .option("--reason <text>", "why, for whoever lists what is paused", textOption(PAUSE_REASON_CHARACTERS_MAX))
    .option("--by <name>", "who", textOption(PAUSED_BY_CHARACTERS_MAX))
    .action(async (path: DestinationRef, { by, reason, ...options }: AdminOptions & PauseFacts) => {
      const asked = { path, query: { by, reason } };
      const pause = await clientOf(options, terminal.env).ask(CONFIGURATION_OPERATIONS.pauseDestination, asked);
      if (options.json) return terminal.printJson(pause);
      terminal.print(`${pause.destination} is paused\n`);
    });
}

/** `resume`: ends a pause. */
export function addResume(program: Command, terminal: Terminal): void {
  command(program, "resume", "call a paused function or API destination again")
    .argument("<destination>", DESTINATION, destinationArgument)
    .action(async (path: DestinationRef, options: AdminOptions) => {
      await clientOf(options, terminal.env).ask(CONFIGURATION_OPERATIONS.resumeDestination, { path });
      const destination = destinationLabel(path);
      if (options.json) return terminal.printJson({ destination });
      terminal.print(`${destination} is resumed\n`);
    });
}

/** `paused`: lists the paused destinations, with time, author and reason. */
export function addPaused(program: Command, terminal: Terminal): void {
  command(program, "paused", "list what is paused").action(async (options: AdminOptions) => {
    const { paused: pauses } = await clientOf(options, terminal.env).ask(CONFIGURATION_OPERATIONS.listPaused);
    if (options.json) return terminal.printJson(pauses);
    if (pauses.length === 0) return terminal.note("nothing is paused\n");
    terminal.print(formatTable(["DESTINATION", "SINCE", "BY", "REASON"], pauses.map(rowOf)));
  });
}

function rowOf({ destination, configured, since = "", by = "", reason = "" }: Pause): readonly string[] {
  return [destination, since, configured ? "the configuration" : by, reason];
}

function command(program: Command, name: string, description: string): Command {
  return addAdminOptions(program.command(name).description(description));
}

/** Reads an argument that is a destination, for commander. */
function destinationArgument(text: string): DestinationRef {
  const destination = parseDestinationLabel(text);
  if (destination !== undefined) return destination;
  throw new InvalidArgumentError(`It must be ${DESTINATION}.`);
}

/** Reads an option that is a text, for commander. */
function textOption(charactersMax: number): (value: string) => string {
  return (value) => {
    if (value.length <= charactersMax) return value;
    throw new InvalidArgumentError(`It must be at most ${charactersMax} characters.`);
  };
}
