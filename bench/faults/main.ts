import { Command, Option } from "commander";
import type { RabbitMqVersion } from "../../test/support/rabbitmq/rabbitmq-installation.ts";
import { play } from "./play.ts";
import { isGood, jsonLine, tableHead, tableRow } from "./report.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import { SharedRabbitMq } from "./shared-rabbitmq.ts";

interface Options {
  readonly scenario: readonly string[];
  readonly seconds?: number;
  readonly rabbitmq?: RabbitMqVersion;
  readonly ci?: boolean;
  readonly json?: boolean;
  readonly list?: boolean;
}

const NAMES = SCENARIOS.map(({ name }) => name);

const program = new Command("faults")
  .description("injects faults into routers under load and accounts for every event; fails when one is lost")
  .addOption(new Option("--scenario <name...>", "only these").choices(NAMES).default([], "all"))
  .option("--seconds <count>", "how long each fault, or the load around it, goes on", Number)
  .addOption(new Option("--rabbitmq <version>", "by default what is installed").choices(["3.10", "4.0", "4.3"]))
  .option("--ci", "the selection that takes about two and a half minutes")
  .option("--json", "print one JSON object for each scenario and nothing else")
  .option("--list", "print what there is and do nothing")
  .action(playAll);

await program.parseAsync();

async function playAll(options: Options): Promise<void> {
  const say = (text: string): void => {
    if (!options.json) process.stdout.write(`${text}\n`);
  };
  if (options.list) {
    for (const { name, description } of SCENARIOS) say(`${name.padEnd(22)}${description}`);
    return;
  }
  const server = new SharedRabbitMq(options.rabbitmq);
  try {
    say(tableHead());
    for (const scenario of chosen(options)) {
      const seconds = options.seconds ?? (options.ci ? scenario.ciSeconds : undefined) ?? scenario.seconds;
      const result = await play(scenario, seconds, server, say);
      if (options.json) process.stdout.write(`${jsonLine(result)}\n`);
      say(tableRow(result));
      if (!isGood(result)) process.exitCode = 1;
    }
  } finally {
    await server.remove();
  }
}

function chosen({ scenario, ci = false }: Options): readonly Scenario[] {
  if (scenario.length > 0) return SCENARIOS.filter(({ name }) => scenario.includes(name));
  return ci ? SCENARIOS.filter(({ ciSeconds }) => ciSeconds !== undefined) : SCENARIOS;
}
