import type { Command } from "commander";
import { startProblems } from "../../config/settings/exposure.ts";
import type { Flags } from "../../config/settings/read-settings.ts";
import { readSettings, SETTINGS_HELP } from "../../config/settings/read-settings.ts";
import type { Settings } from "../../config/settings/settings.ts";
import { nextStopSignal } from "../stop-signal.ts";
import type { Terminal } from "../terminal.ts";

/** The settings of a router that a console has too. */
const ITS_OWN = /^(console|host|broker|data|accountId|region|logLevel|auth|allowedHosts|accessKeysFile|tls|traceUrl)/;

/** `console`: the console by itself, beside routers on RabbitMQ. */
export function addConsole(program: Command, terminal: Terminal): void {
  const command = program.command("console").description("run the console, which reads the journal of all routers");
  for (const { name, flag, env, initial, description } of SETTINGS_HELP) {
    if (!ITS_OWN.test(name)) continue;
    const unlessSet = initial === "" ? "" : `, default ${initial}`;
    command.option(`${flag} <value>`, `${description ?? ""} (${env}${unlessSet})`);
  }
  command.action(async (flags: Flags) => {
    const read = readSettings(terminal.env, flags);
    const problems = read.ok ? startProblems(read.settings) : read.problems;
    if (!read.ok || problems.length > 0) {
      terminal.noteProblems("The settings are wrong:", problems);
      terminal.exitCode = 1;
    } else await run(read.settings);
  });
}

/** Serves until a signal, and ends the process. */
async function run(settings: Settings): Promise<void> {
  // Loaded here: the other commands start sooner without these.
  const { runConsole } = await import("../../app/console/console-alone.ts");
  const { createObservation } = await import("../../edge/observe/observation.ts");
  const observation = createObservation({ logLevel: settings.logLevel, ruleMetrics: settings.ruleMetrics });
  const { log } = observation;
  const stopSignal = nextStopSignal();
  try {
    const running = await runConsole(settings, observation);
    log.info({ consoleUrl: running.url }, "the console is listening");
    log.info({ signal: await stopSignal }, "stopping; a second signal stops at once");
    await running.stop();
  } catch (error) {
    log.fatal({ error }, "the console could not start");
    process.exit(1);
  }
  process.exit(0);
}
