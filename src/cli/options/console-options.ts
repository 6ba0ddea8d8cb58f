import type { Command } from "commander";
import { ApiClient } from "../client/api-client.ts";
import { tokenIn } from "../client/router-call.ts";
import { localConsoleUrl, urlOption } from "./options.ts";

/** The options of every command that reads the journal, over a console. */
export interface ConsoleClientOptions {
  readonly consoleUrl?: string;
  readonly json?: boolean;
}

export function addConsoleOptions(command: Command): Command {
  return command
    .option("--console-url <url>", "the console (default: by BUSBAR_CONSOLE_PORT)", urlOption("--console-url"))
    .option("--json", "print JSON");
}

/** The client of the console that the options name, else of the one that this environment describes. */
export function consoleClientOf({ consoleUrl }: ConsoleClientOptions, env: NodeJS.ProcessEnv): ApiClient {
  return new ApiClient("console", consoleUrl ?? localConsoleUrl(env), tokenIn(env));
}
