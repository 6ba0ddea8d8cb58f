import type { Command } from "commander";
import type { App } from "../../app/app.ts";
import { ConfigError } from "../../config/config-error.ts";
import type { Flags } from "../../config/settings/read-settings.ts";
import type { Settings } from "../../config/settings/settings.ts";
import { readSettings, SETTINGS_HELP } from "../../config/settings/read-settings.ts";
import { startProblems } from "../../config/settings/exposure.ts";
import { queueArn } from "../../domain/arn.ts";
import { nextStopSignal } from "../stop-signal.ts";
import type { Terminal } from "../terminal.ts";

const DEFAULT_ADMIN_URL = "http://127.0.0.1:9090";
const DEFAULT_PUBLIC_URL = "http://127.0.0.1:8080";

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
  const { startApp } = await import("../../app/app.ts");
  const { createObservation } = await import("../../edge/observe/observation.ts");
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
  const { publicUrl, adminUrl, runtimeApiPort, routesUrl, consoleUrl } = app;
  log.info({ publicUrl, adminUrl, runtimeApiPort, routesUrl, consoleUrl }, "listening");
  if (welcome) terminal.print(welcomeText(app, settings));
  process.on("SIGHUP", () => void app.reload());

  log.info({ signal: await stopSignal }, "stopping; a second signal stops at once");
  await app.stop();
  log.info("stopped");
  // Whatever a library may still hold open must not keep a stopped router alive.
  process.exit(0);
}

function welcomeText({ publicUrl, adminUrl, routesUrl, consoleUrl }: App, settings: Settings): string {
  const broker = settings.broker === "embedded" ? `embedded, in ${settings.data}/` : "RabbitMQ";
  // By default a command looks for the router at these ports.
  const adminOption = adminUrl === DEFAULT_ADMIN_URL ? "" : ` --admin-url ${adminUrl}`;
  const urlOption = publicUrl === DEFAULT_PUBLIC_URL ? "" : ` --url ${publicUrl}`;
  return `
Busbar is listening.

  events    ${publicUrl}        PutEvents (any AWS SDK or the aws CLI) and CloudEvents
  routes    ${routesUrl}        HTTP routes and functions' URLs
  admin     ${adminUrl}        /metrics, /livez, /readyz, /api/v1
${consoleUrl === undefined ? "" : `  console   ${consoleUrl}       what became of each event, in a browser\n`}  broker    ${broker}
  config    ${settings.config}/

Put an order:

  ${eventBridgeCurl(publicUrl, "PutEvents")} \\
    -d '{"Entries":[{"Source":"shop.checkout","DetailType":"OrderPlaced","Detail":"{\\"orderId\\":\\"o-1\\",\\"total\\":120}"}]}'

and see, in another terminal, where it went:

  npx busbar queues${adminOption}
  npx busbar queues peek processed-orders${adminOption}

Five seconds later one more function has reported all orders that came meanwhile, in one call: its line is in this log.

Make a rule over the API, which is in force at once, and give it what was put before:

  ${eventBridgeCurl(publicUrl, "PutRule")} \\
    -d '{"Name":"all-orders","EventPattern":"{\\"detail-type\\":[\\"OrderPlaced\\"]}"}'
  ${eventBridgeCurl(publicUrl, "PutTargets")} \\
    -d '{"Rule":"all-orders","Targets":[{"Id":"queue","Arn":"${queueArn(settings, "all-orders")}"}]}'
  npx busbar replays start shop --name first-replay --from 1h --rule all-orders${adminOption}
  npx busbar queues peek all-orders${adminOption}

After an outage, see what of the last hour was not delivered, and would be replayed:

  npx busbar replays count shop --from 1h --only-undelivered${adminOption}

Fill a queue that a function reads in batches, as SQS does with Lambda, with an order and with something else. The first
is shipped; the other one is tried twice, and is a dead letter after 12 seconds:

  npx busbar queues send orders --body '{"orderId":"o-2"}'${adminOption}
  npx busbar queues send orders --body 'no order'${adminOption}
  npx busbar queues peek orders-dead${adminOption}

Call a function as Lambda's Invoke does, and wait for its answer:

  npx busbar invoke order-processor --payload '{"orderId":"o-3","total":120}'${urlOption}

Call a function over HTTP, by the route of config/routes.yaml:

  curl -s ${routesUrl}/orders/o-4 -d '{"total":120}'

Give another version of a function half of what its alias gets, and none again:

  npx busbar aliases shift notifier:live --to 2 --weight 0.5${urlOption}
  npx busbar aliases shift notifier:live --back${urlOption}

Ctrl+C stops the router.

`;
}

function eventBridgeCurl(publicUrl: string, operation: string): string {
  return `curl -s ${publicUrl} -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: AWSEvents.${operation}'`;
}
