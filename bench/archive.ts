import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { startRabbitMq } from "../test/support/rabbitmq/rabbitmq.ts";
import { cpuMs } from "./cpu-time.ts";
import { CountingFunction } from "./deliver/counting-function.ts";
import { latenciesAt, throughputOf } from "./deliver/load.ts";
import type { BusbarSubject } from "./deliver/subjects.ts";
import { startBusbar } from "./deliver/subjects.ts";
import type { Workload } from "./deliver/workload.ts";
import type { Replayed, ReplayWindow } from "./archive/replay.ts";
import { replayAlone, replayDuringPuts } from "./archive/replay.ts";
import { fsyncMs } from "./fsync.ts";
import { median } from "./median.ts";

interface Options {
  readonly events: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly json?: boolean;
}

/** The same router twice on one RabbitMQ, with an archive of everything and without one. */
interface Pair {
  readonly plain: BusbarSubject;
  readonly archived: BusbarSubject;
}

/** Events a second from the first put to the last call of the function, and the router's CPU time for each. */
interface Figures {
  readonly eventsPerSecond: number;
  readonly cpuPerEventUs: number;
}

interface Round {
  readonly plain: Figures;
  readonly archived: Figures;
}

/** Rates are events a second; puts are timed at a quarter of the rate of puts and deliveries. */
interface ReplayRound {
  readonly alone: number;
  readonly aloneCpuPerEventUs: number;
  readonly duringPuts: number;
  readonly putP99Ms: number;
  readonly putP99MsDuringReplay: number;
}

const WORKLOAD: Workload = { rules: 100, fanOut: 1, detailBytes: 1_000, entries: 10 };
const WARM_UP_EVENTS_MAX = 2_000;
const CAPACITY_SHARE = 1 / 4;
/** Events have whole seconds: what is put from the next one on is not in the window of a replay. */
const SECOND_MS = 1_000;

/** What an archive of everything costs puts and deliveries, how fast it is replayed, and what that costs other puts. */
export async function benchArchive(options: Options): Promise<void> {
  const rabbitMq = await startRabbitMq();
  const endings: (() => Promise<unknown>)[] = [() => rabbitMq.remove()];
  const say = (text: string): void => {
    if (!options.json) process.stdout.write(`${text}\n`);
  };
  try {
    const fn = await CountingFunction.start();
    endings.push(() => fn.stop());
    const started = async (more: string): Promise<BusbarSubject> => {
      const subject = await startBusbar(fn.url, await rabbitMq.newVhost(), WORKLOAD, { more });
      endings.push(() => subject.stop());
      return subject;
    };
    const pair = { plain: await started(""), archived: await started("eventBuses: { default: { retention: {} } }\n") };
    const diskFsyncMs = await fsyncMs();
    say(`the disk makes 4 KiB durable in ${diskFsyncMs} ms`);
    const fromMs = Date.now();
    const rounds = await putInTurns(pair, fn, options, say);
    const window = { fromMs, toMs: Date.now(), events: warmUpEvents(options) + options.rounds * options.events };
    await sleep(2 * SECOND_MS);
    const rate = median(rounds.map(({ archived }) => archived.eventsPerSecond));
    const replays = await replayInTurns(pair.archived, fn, { ...options, window, rate }, say);
    const result = { diskFsyncMs, rounds, replays, ...ratiosOf(rounds, replays, rate) };
    say(sentencesOf(result));
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  } finally {
    for (const end of endings.reverse()) await end();
  }
}

function warmUpEvents({ events }: Options): number {
  return Math.min(WARM_UP_EVENTS_MAX, events);
}

/** Each round has both, and the next one has them the other way round: whoever comes first has no lasting advantage. */
async function putInTurns(
  pair: Pair,
  fn: CountingFunction,
  options: Options,
  say: (text: string) => void,
): Promise<readonly Round[]> {
  const { events, rounds } = options;
  for (const subject of [pair.plain, pair.archived]) await throughputOf(subject, fn, WORKLOAD, warmUpEvents(options));
  const all: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const measured = (name: keyof Pair): Promise<Figures> =>
      measure(pair[name].pid, events, () => throughputOf(pair[name], fn, WORKLOAD, events));
    const plainFirst = round % 2 === 0 ? await measured("plain") : undefined;
    const archived = await measured("archived");
    const plain = plainFirst ?? (await measured("plain"));
    all.push({ plain, archived });
    say(`round ${round + 1}  ${textOf(plain)} without an archive, ${textOf(archived)} with one of everything`);
  }
  return all;
}

/** @param work resolves with events a second. */
async function measure(pid: number, events: number, work: () => Promise<number>): Promise<Figures> {
  const beforeMs = cpuMs(pid);
  const eventsPerSecond = Math.round(await work());
  return { eventsPerSecond, cpuPerEventUs: Math.round(((cpuMs(pid) - beforeMs) * 1_000) / events) };
}

function textOf({ eventsPerSecond, cpuPerEventUs }: Figures): string {
  return `${eventsPerSecond} events/s (${cpuPerEventUs} µs of CPU each)`;
}

async function replayInTurns(
  subject: BusbarSubject,
  fn: CountingFunction,
  { rounds, seconds, window, rate }: Options & { readonly window: ReplayWindow; readonly rate: number },
  say: (text: string) => void,
): Promise<readonly ReplayRound[]> {
  const perSecond = rate * CAPACITY_SHARE;
  const pool = new Pool(subject.url, { connections: 64 });
  const all: ReplayRound[] = [];
  for (let round = 0; round < rounds; round++) {
    const { putMs } = await latenciesAt(subject, fn, WORKLOAD, perSecond, seconds);
    const alone = await measure(subject.pid, window.events, () => replayAlone(subject.router, fn, window));
    const during: Replayed = await replayDuringPuts(subject.router, fn, window, {
      pool,
      workload: WORKLOAD,
      perSecond,
    });
    const { eventsPerSecond: duringPuts, putP99Ms: putP99MsDuringReplay } = during;
    all.push({
      alone: alone.eventsPerSecond,
      aloneCpuPerEventUs: alone.cpuPerEventUs,
      duringPuts,
      putP99Ms: putMs.p99,
      putP99MsDuringReplay,
    });
    say(
      `round ${round + 1}  ${textOf(alone)} replayed alone, ${duringPuts} while ${Math.round(perSecond)} a second were put; ` +
        `p99 of those puts ${putMs.p99} ms without a replay, ${putP99MsDuringReplay} ms during it`,
    );
  }
  await pool.close();
  return all;
}

/** Round by round, since what is compared in one round had the same machine. */
function ratiosOf(rounds: readonly Round[], replays: readonly ReplayRound[], rate: number): Ratios {
  const middle = (ratios: readonly number[]): number => Number(median(ratios).toFixed(2));
  return {
    archivedToPlain: middle(rounds.map(({ plain, archived }) => archived.eventsPerSecond / plain.eventsPerSecond)),
    replayToIngest: middle(replays.map(({ duringPuts }) => duringPuts / rate)),
    replayAloneToIngest: middle(replays.map(({ alone }) => alone / rate)),
    putP99Ratio: middle(replays.map(({ putP99Ms, putP99MsDuringReplay }) => putP99MsDuringReplay / putP99Ms)),
  };
}

interface Ratios {
  /** Asked: 0.85 or more. */
  readonly archivedToPlain: number;
  /** While others are put. Asked: 1 or more. */
  readonly replayToIngest: number;
  readonly replayAloneToIngest: number;
  /** Asked: 2 or less. */
  readonly putP99Ratio: number;
}

function sentencesOf({ archivedToPlain, replayToIngest, replayAloneToIngest, putP99Ratio }: Ratios): string {
  return [
    `\nwith an archive of everything: ${archivedToPlain} of the rate without (asked: 0.85 or more)`,
    `a replay while others are put: ${replayToIngest} of the rate of puts and deliveries (asked: 1 or more); alone ${replayAloneToIngest}`,
    `p99 of puts during a replay:   ${putP99Ratio} times their own (asked: 2 or less)`,
  ].join("\n");
}
