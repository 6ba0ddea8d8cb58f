import { setTimeout as sleep } from "node:timers/promises";
import { startRabbitMq } from "../test/support/rabbitmq/rabbitmq.ts";
import { Router } from "../test/support/router/router.ts";
import { cpuMs } from "./cpu-time.ts";
import { residentMiB } from "./resident-memory.ts";

interface Options {
  readonly seconds: number;
  readonly functions: number;
  /** Between two scrapes of the metrics; 0 for none. */
  readonly scrapeSeconds: number;
  readonly json?: boolean;
}

/** What a router costs that has nothing to do. The share is of one core. */
interface Figures {
  readonly broker: "rabbitmq" | "embedded";
  readonly cpuSeconds: number;
  readonly cpuPercent: number;
  readonly memoryMiB: number;
}

/** How long a router is left alone after its start, so that compiling and connecting are not counted. */
const SETTLE_MS = 5_000;

/** The CPU time of an idle router with many functions and rules, on RabbitMQ and embedded, one after the other. */
export async function benchIdle(options: Options): Promise<void> {
  const rabbitMq = await startRabbitMq();
  try {
    const all = [
      await measure("rabbitmq", await rabbitMq.newVhost(), options),
      await measure("embedded", "embedded", options),
    ];
    if (options.json) process.stdout.write(`${JSON.stringify(all)}\n`);
    else for (const figures of all) process.stdout.write(`${sentenceOf(figures, options)}\n`);
  } finally {
    await rabbitMq.remove();
  }
}

async function measure(name: Figures["broker"], broker: string, options: Options): Promise<Figures> {
  const router = await Router.start({ config: configOf(options.functions), env: { BUSBAR_BROKER: broker } });
  try {
    await sleep(SETTLE_MS);
    const cpuBeforeMs = cpuMs(router.pid);
    const endsAtMs = performance.now() + options.seconds * 1_000;
    while (performance.now() < endsAtMs) {
      if (options.scrapeSeconds > 0) await (await fetch(`${router.adminUrl}/metrics`)).text();
      const untilScrapeMs = options.scrapeSeconds > 0 ? options.scrapeSeconds * 1_000 : Infinity;
      await sleep(Math.min(untilScrapeMs, Math.max(0, endsAtMs - performance.now())));
    }
    const cpuSeconds = (cpuMs(router.pid) - cpuBeforeMs) / 1_000;
    const cpuPercent = Number(((cpuSeconds / options.seconds) * 100).toFixed(2));
    return { broker: name, cpuSeconds, cpuPercent, memoryMiB: residentMiB(router.pid) };
  } finally {
    await router.remove();
  }
}

function configOf(functions: number): string {
  const names = Array.from({ length: functions }, (_, index) => `idle-${index}`);
  return [
    "functions:",
    ...names.map((name) => `  ${name}: { http: { url: "http://127.0.0.1:9/" } }`),
    "rules:",
    ...names.map((name) => `  ${name}: { eventPattern: { source: [${name}] }, targets: { f: { function: ${name} } } }`),
    "",
  ].join("\n");
}

function sentenceOf({ broker, cpuSeconds, cpuPercent, memoryMiB }: Figures, options: Options): string {
  const scraped = options.scrapeSeconds > 0 ? `scraped every ${options.scrapeSeconds} s` : "not scraped";
  return (
    `${broker.padEnd(9)} ${cpuPercent} % of a core: ${cpuSeconds} s of CPU in ${options.seconds} s, ` +
    `${options.functions} functions, ${scraped}; ${memoryMiB} MiB resident`
  );
}
