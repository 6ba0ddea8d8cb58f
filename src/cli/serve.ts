import type { Command } from "commander";
import type { App } from "../app.ts";
import { ConfigError } from "../config/live-config.ts";
import type { Flags, Settings } from "../config/settings.ts";
import { readSettings, SETTINGS_HELP } from "../config/settings.ts";

/** The exit code of a process that was told to stop twice, as shells give it for SIGINT. */
const FORCED_EXIT = 130;

/** `busbar serve`: the router itself. Every setting has a flag, which overrides its environment variable. */
export function addServe(program: Command): void {
  const command = program.command("serve").description("run the router");
  for (const { flag, env, initial, description } of SETTINGS_HELP) {
    command.option(`${flag} <value>`, `${description ?? ""} (${env}, default ${initial})`);
  }
  command.option("--welcome", "say where it listens and what to try, on standard output");
  command.action(async (options: Flags & { welcome?: boolean }) => {
    const { welcome, ...flags } = options;
    const read = readSettings(process.env, flags);
    if (!read.ok) return fail("The settings are wrong:", read.problems);
    await serve(read.settings, welcome ?? false);
  });
}

async function serve(settings: Settings, welcome: boolean): Promise<void> {
  // Loaded here, since the other commands are done sooner without them.
  const { startApp } = await import("../app.ts");
  const { createObservation } = await import("../edge/observe/observation.ts");
  const observation = createObservation({ logLevel: settings.logLevel, ruleMetrics: settings.ruleMetrics });
  const { log } = observation;
  const stopSignal = nextSignal();
  let app: App | undefined;
  try {
    app = await Promise.race([startApp(settings, observation), stopSignal.then(() => undefined)]);
  } catch (error) {
    if (error instanceof ConfigError) fail("The configuration is wrong:", error.problems);
    else log.fatal({ error }, "the router could not start");
    process.exit(1);
  }
  if (app === undefined) {
    log.info("stopped before it had started");
    process.exit(0);
  }
  const { publicUrl, adminUrl, runtimeApiPort } = app;
  log.info({ publicUrl, adminUrl, runtimeApiPort }, "listening");
  if (welcome) process.stdout.write(welcomeText(app, settings));
  process.on("SIGHUP", () => void app.reload());

  log.info({ signal: await stopSignal }, "stopping; a second signal stops at once");
  await app.stop();
  log.info("stopped");
  // Whatever a library may still hold open must not keep a stopped router alive.
  process.exit(0);
}

/** Resolves with the first SIGTERM or SIGINT; the second one ends the process at once. */
function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: string): void => {
      if (asked) process.exit(FORCED_EXIT);
      asked = true;
      resolve(signal);
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}

function fail(headline: string, problems: readonly string[]): void {
  process.stderr.write(`${headline}\n${problems.map((problem) => `  ${problem}\n`).join("")}`);
  process.exitCode = 1;
}

function welcomeText({ publicUrl, adminUrl }: App, settings: Settings): string {
  const broker = settings.broker === "embedded" ? `embedded, in ${settings.data}/` : "RabbitMQ";
  return `
Busbar is listening.

  events    ${publicUrl}        PutEvents (any AWS SDK or the aws CLI) and CloudEvents
  admin     ${adminUrl}        /metrics, /livez, /readyz, /api/v1
  broker    ${broker}
  config    ${settings.config}/

Put an order:

  curl -s ${publicUrl} -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: AWSEvents.PutEvents' \\
    -d '{"Entries":[{"Source":"shop.checkout","DetailType":"OrderPlaced","Detail":"{\\"orderId\\":\\"o-1\\",\\"total\\":120}"}]}'

and see where it went:

  npm run busbar queues

`;
}
