import { Command } from "commander";
import { CommandError } from "./command-error.ts";
import { addDeadLetters, addParked } from "./dead-letters.ts";
import { addExplain } from "./explain.ts";
import { addPause, addPaused, addResume } from "./pause.ts";
import { addPutEvents } from "./put-events.ts";
import { addQueues } from "./queues.ts";
import { addServe } from "./serve.ts";
import { addTestPattern } from "./test-pattern.ts";
import { addValidate } from "./validate.ts";
import { printNote } from "./output/output.ts";

/** Runs the command that the arguments name. A command that fails says why and sets the exit code. */
export async function runCli(argv: readonly string[]): Promise<void> {
  endWithReader(process.stdout);
  const program = new Command("busbar")
    .description(
      "A self-hosted event bus: EventBridge's PutEvents and patterns, delivered to functions through RabbitMQ",
    )
    .showSuggestionAfterError();
  const commands = [
    addServe,
    addValidate,
    addTestPattern,
    addExplain,
    addPutEvents,
    addQueues,
    addPause,
    addResume,
    addPaused,
    addDeadLetters,
    addParked,
  ];
  for (const add of commands) add(program);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    printNote(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}

/** Whoever reads the output may have seen enough, as `| head` does: that is no error. */
function endWithReader(output: NodeJS.WriteStream): void {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
}
