import type { Command } from "commander";
import type { App } from "../app/app.ts";
import { ConfigError } from "../config/config-error.ts";
import type { Flags } from "../config/settings/read-settings.ts";
import type { Settings } from "../config/settings/settings.ts";
import { readSettings, SETTINGS_HELP } from "../config/settings/read-settings.ts";
import { startProblems } from "../config/settings/exposure.ts";
import { nextStopSignal } from "./stop-signal.ts";
import type { Terminal } from "./terminal.ts";

const DEFAULT_ADMIN_URL = "http://127.0.0.1:9090";

/** `serve`: the router itself. Every setting has a flag, which overrides its environment variable. */
export function addServe(program: Command, terminal: Terminal): void {
  const command = program.command("serve").description("run the router");
  for (const { flag, env, initial, description } of SETTINGS_HELP) {
    const unlessSet = initial === "" ? "" : `, default ${initial}`;
    command.option(`${flag} <value>`, `${description ?? ""} (${env}${unlessSet})`);
  }
  command.option("--welcome", "say where it listens and what to try, on standard output");
  command.action(async (options: Flags & { welcome?: boolean }) => {
    const { welcome, ...flags } = options;
    const read = readSettings(terminal.env, flags);
    const problems = read.ok ? startProblems(read.settings) : read.problems;
    if (!read.ok || problems.length > 0) {
      terminal.noteProblems("The settings are wrong:", problems);
      terminal.exitCode = 1;
    } else await serve(read.settings, welcome ?? false, terminal);
  });
}

/** Serves until a signal, and ends the process. */
async function serve(settings: Settings, welcome: boolean, terminal: Terminal): Promise<void> {
  // Loaded here: the other commands start sooner without these.
  const { startApp } = await import("../app/app.ts");
  const { createObservation } = await import("../edge/observe/observation.ts");
  const observation = createObservation({ logLevel: settings.logLevel, ruleMetrics: settings.ruleMetrics });
  const { log } = observation;
  const stopSignal = nextStopSignal();
  let app: App | undefined;
  try {
    app = await Promise.race([startApp(settings, observation), stopSignal.then(() => undefined)]);
  } catch (error) {
    if (error instanceof ConfigError) terminal.noteProblems("The configuration is wrong:", error.problems);
    else log.fatal({ error }, "the router could not start");
    process.exit(1);
  }
  if (app === undefined) {
    log.info("stopped before it had started");
    process.exit(0);
  }
  const { publicUrl, adminUrl, runtimeApiPort, consoleUrl } = app;
  log.info({ publicUrl, adminUrl, runtimeApiPort, consoleUrl }, "listening");
  if (welcome) terminal.print(welcomeText(app, settings));
  process.on("SIGHUP", () => void app.reload());

  log.info({ signal: await stopSignal }, "stopping; a second signal stops at once");
  await app.stop();
  log.info("stopped");
  // Whatever a library may still hold open must not keep a stopped router alive.
  process.exit(0);
}

function welcomeText({ publicUrl, adminUrl, consoleUrl }: App, settings: Settings): string {
  const broker = settings.broker === "embedded" ? `embedded, in ${settings.data}/` : "RabbitMQ";
  // By default a command looks for the router at this port.
  const adminOption = adminUrl === DEFAULT_ADMIN_URL ? "" : ` --admin-url ${adminUrl}`;
  return `
Busbar is listening.

  events    ${publicUrl}        PutEvents (any AWS SDK or the aws CLI) and CloudEvents
  admin     ${adminUrl}        /metrics, /livez, /readyz, /api/v1
${consoleUrl === undefined ? "" : `  console   ${consoleUrl}       what became of each event, in a browser\n`}  broker    ${broker}
  config    ${settings.config}/

Put an order:

  curl -s ${publicUrl} -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: AWSEvents.PutEvents' \\
    -d '{"Entries":[{"Source":"shop.checkout","DetailType":"OrderPlaced","Detail":"{\\"orderId\\":\\"o-1\\",\\"total\\":120}"}]}'

and see, in another terminal, where it went:

  npx busbar queues${adminOption}
  npx busbar queues peek processed-orders${adminOption}

Ctrl+C stops the router.

`;
}
