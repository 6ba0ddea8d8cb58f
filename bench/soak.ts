import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { missing, startLoad } from "../test/support/router/load.ts";
import type { RabbitMq } from "../test/support/rabbitmq/rabbitmq.ts";
import { startRabbitMq } from "../test/support/rabbitmq/rabbitmq.ts";
import { Router } from "../test/support/router/router.ts";
import type { Flatness, Series, Tolerance } from "./soak/flatness.ts";
import { flatnessOf } from "./soak/flatness.ts";
import { plotSvg } from "./soak/plot.ts";
import type { Panel } from "./soak/sampling.ts";
import { panelsOf, Sampler } from "./soak/sampling.ts";
import type { Traffic } from "./soak/traffic.ts";
import { entryOf, startTraffic } from "./soak/traffic.ts";

interface Options {
  readonly minutes: number;
  readonly perSecond: number;
  readonly sampleSeconds: number;
  readonly plot?: string;
  readonly json?: boolean;
}

/** By the title of the panel. The heap swings with every garbage collection, hence its wider share. */
export const TOLERANCES: Readonly<Record<string, Tolerance>> = {
  "resident memory": { share: 0.1, least: 0, mayFall: true },
  "JavaScript heap in use": { share: 0.2, least: 16, mayFall: true },
  "open file descriptors": { share: 0.05, least: 4, mayFall: true },
  "messages ready in all queues": { share: 0, least: 100, mayFall: true },
  "events finished a second": { share: 0.05, least: 0, mayFall: false },
};

/** How long the last events may take to come to their end after the last put, retries included. */
const SETTLE_MS_MAX = 60_000;

/** The verdict on one line of the plot. */
interface Verdict extends Flatness {
  readonly what: string;
  readonly unit: string;
}

/**
 * A steady load of every kind on two routers and one RabbitMQ, for a long time: whether memory, descriptors, queues
 * and the rate stay flat, and whether every accepted event came to its end. Exits with 1 when not.
 */
export async function soak(options: Options): Promise<void> {
  const rabbitMq = await startRabbitMq();
  const traffic = await startTraffic();
  const routers: Router[] = [];
  try {
    const broker = await rabbitMq.newVhost();
    for (let count = 0; count < 2; count++) {
      routers.push(await Router.start({ config: traffic.config, env: { BUSBAR_BROKER: broker } }));
    }
    await traffic.consumeQueues(broker);
    await run(routers, traffic, options);
  } finally {
    await cleanUp(routers, traffic, rabbitMq);
  }
}

async function run(routers: readonly Router[], traffic: Traffic, options: Options): Promise<void> {
  const say = (text: string): void => {
    if (!options.json) process.stdout.write(`${text}\n`);
  };
  const { perSecond, minutes } = options;
  const load = startLoad({
    count: Math.round(minutes * 60 * perSecond),
    perSecond,
    clients: 16,
    entry: entryOf,
    routers,
  });
  const sampler = new Sampler(routers, traffic.finished);
  const ended = load.done.then(() => "ended" as const);
  while ((await Promise.race([ended, sleep(options.sampleSeconds * 1_000)])) !== "ended") {
    const sample = await sampler.take();
    const memory = sample.routers.map((one) => `${one.residentMiB} MiB`).join(", ");
    say(
      `${sample.atSeconds.toFixed(0).padStart(5)} s  ${sample.eventsPerSecond.toFixed(0)} events/s, ${memory}, ` +
        `${sample.routers.map((one) => one.descriptors).join(" and ")} descriptors, ${sample.messagesReady} messages ready`,
    );
  }
  const lost = await unfinished(load.accepted, traffic.finished);
  const panels = panelsOf(sampler.samples);
  const verdicts = panels.flatMap(({ title, series }) => series.map((one) => verdictOf(title, one)));
  const accepted = load.accepted.size;
  const statuses = Object.fromEntries(load.statuses);
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ accepted, lost, duplicates: traffic.duplicates(), statuses, verdicts })}\n`,
    );
  for (const verdict of verdicts) say(sentenceOf(verdict));
  say(
    `${accepted} events accepted, ${lost} lost, ${traffic.duplicates()} delivered more than once; answers ${JSON.stringify(statuses)}`,
  );
  if (options.plot !== undefined) await writePlot(options.plot, panels, sampler, options);
  if (lost > 0 || verdicts.some(({ flat }) => !flat)) process.exitCode = 1;
}

/** How many of the accepted events have not come to their end when the time for that is over. */
async function unfinished(accepted: ReadonlySet<string>, finished: ReadonlySet<string>): Promise<number> {
  const deadlineMs = performance.now() + SETTLE_MS_MAX;
  while (finished.size < accepted.size && performance.now() < deadlineMs) await sleep(100);
  return missing(accepted, finished).length;
}

function verdictOf(title: string, series: Series): Verdict {
  const tolerance = TOLERANCES[title];
  if (tolerance === undefined) throw new Error(`no tolerance is set for ${title}`);
  const what = series.name === "all" ? title : `${title}, ${series.name}`;
  return { what, unit: series.unit, ...flatnessOf(series.values, tolerance) };
}

function sentenceOf({ what, unit, flat, change, mean, allowed }: Verdict): string {
  const amount = (value: number): string => `${Number(value.toFixed(1))}${unit === "" ? "" : ` ${unit}`}`;
  const sign = change >= 0 ? "+" : "";
  return `${flat ? "flat" : "NOT FLAT"}: ${what}: ${sign}${amount(change)} over the second half, at ${amount(mean)} (allowed ${amount(allowed)})`;
}

async function writePlot(file: string, panels: readonly Panel[], sampler: Sampler, options: Options): Promise<void> {
  const title = `Two routers, ${options.perSecond} events a second, ${options.minutes} minutes`;
  const atSeconds = sampler.samples.map((sample) => sample.atSeconds);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, plotSvg(title, panels, atSeconds));
}

async function cleanUp(routers: readonly Router[], traffic: Traffic, rabbitMq: RabbitMq): Promise<void> {
  for (const router of routers) await router.remove();
  await traffic.stop();
  await rabbitMq.remove();
}
