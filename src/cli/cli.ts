import { Command, CommanderError } from "commander";
import { CommandError } from "./command-error.ts";
import { addMappings } from "./commands/mappings/mappings.ts";
import { addAliases } from "./commands/aliases.ts";
import { addInvoke } from "./commands/invoke.ts";
import { addArchives } from "./commands/configuration/archives.ts";
import { addConnections } from "./commands/configuration/connections.ts";
import { addConsole } from "./commands/console.ts";
import { addDeadLetters, addParked } from "./commands/queues/dead-letters.ts";
import { addEvents } from "./commands/events/events.ts";
import { addExplain } from "./commands/events/explain.ts";
import { addLogs } from "./commands/logs.ts";
import { addJobs } from "./commands/queues/jobs.ts";
import { addBlockedKeys, addSkip } from "./commands/blocked-keys.ts";
import { addPause, addPaused, addResume } from "./commands/pause.ts";
import { addPutEvents } from "./commands/events/put-events.ts";
import { addQueues } from "./commands/queues/queues.ts";
import { addRender } from "./commands/events/render.ts";
import { addRouters } from "./commands/routers.ts";
import { addPlan } from "./commands/configuration/plan.ts";
import { addExport } from "./commands/configuration/export.ts";
import { addReplays } from "./commands/replays.ts";
import { addNotInForce, addRules } from "./commands/configuration/rules.ts";
import { addSchedules } from "./commands/configuration/schedules.ts";
import { addServe } from "./commands/serve.ts";
import { addStore } from "./commands/store.ts";
import { addTail } from "./commands/events/tail.ts";
import type { ProcessStreams } from "./terminal.ts";
import { Terminal } from "./terminal.ts";
import { addTestFunction } from "./commands/test-function.ts";
import { addTestPattern } from "./commands/events/test-pattern.ts";
import { addValidate } from "./commands/configuration/validate.ts";

const COMMANDS = [
  addServe,
  addConsole,
  addValidate,
  addTestPattern,
  addExplain,
  addRender,
  addTestFunction,
  addInvoke,
  addLogs,
  addAliases,
  addPutEvents,
  addEvents,
  addTail,
  addRouters,
  addStore,
  addExport,
  addPlan,
  addRules,
  addNotInForce,
  addSchedules,
  addArchives,
  addMappings,
  addConnections,
  addQueues,
  addPause,
  addResume,
  addPaused,
  addBlockedKeys,
  addSkip,
  addDeadLetters,
  addParked,
  addJobs,
  addReplays,
];

/**
 * Runs the command that the arguments name.
 *
 * @param argv as `process.argv` has it.
 * @returns the exit code. A command that fails has printed why.
 */
export async function runCli(argv: readonly string[], streams: ProcessStreams): Promise<number> {
  const terminal = new Terminal(streams);
  const program = new Command("busbar")
    .description(
      "A self-hosted event bus: EventBridge's PutEvents and patterns, delivered to functions through RabbitMQ",
    )
    .showSuggestionAfterError()
    // Commander's own texts quote arguments. It throws where it would end the process.
    .configureOutput({ writeOut: (text) => terminal.print(text), writeErr: (text) => terminal.note(text) })
    .exitOverride();
  for (const add of COMMANDS) add(program, terminal);
  try {
    await program.parseAsync([...argv]);
    return terminal.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof CommandError)) throw error;
    terminal.note(`${error.message}\n`);
    return error.exitCode;
  }
}
