import { Command, CommanderError } from "commander";
import { CommandError } from "./command-error.ts";
import { addConsole } from "./console.ts";
import { addDeadLetters, addParked } from "./dead-letters.ts";
import { addEvents } from "./events.ts";
import { addExplain } from "./explain.ts";
import { addPause, addPaused, addResume } from "./pause.ts";
import { addPutEvents } from "./put-events.ts";
import { addQueues } from "./queues.ts";
import { addServe } from "./serve.ts";
import { addTail } from "./tail.ts";
import type { ProcessStreams } from "./terminal.ts";
import { Terminal } from "./terminal.ts";
import { addTestPattern } from "./test-pattern.ts";
import { addValidate } from "./validate.ts";

const COMMANDS = [
  addServe,
  addConsole,
  addValidate,
  addTestPattern,
  addExplain,
  addPutEvents,
  addEvents,
  addTail,
  addQueues,
  addPause,
  addResume,
  addPaused,
  addDeadLetters,
  addParked,
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
