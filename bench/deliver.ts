import { startRabbitMq } from "../test/support/rabbitmq.ts";
import { CountingFunction } from "./deliver/counting-function.ts";
import type { Latencies } from "./deliver/load.ts";
import { latenciesAt, throughputOf } from "./deliver/load.ts";
import type { Subject } from "./deliver/subjects.ts";
import { startBare, startBusbar } from "./deliver/subjects.ts";
import { fsyncMs } from "./fsync.ts";
import { median } from "./median.ts";

interface Options {
  readonly events: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly json?: boolean;
}

/** What was measured of one subject. Rates are events a second, latencies milliseconds. */
interface Figures extends Latencies {
  readonly eventsPerSecond: number;
  readonly rounds: readonly number[];
  /** Resident memory after a fifth of all events, and after the last one. */
  readonly memoryMiB: { readonly early: number; readonly late: number };
}

type SubjectName = "busbar" | "bare" | "embedded";

/**
 * The figures of three subjects in one run, in turn, so that the machine's moods hit all alike: Busbar on RabbitMQ,
 * a bare hand-written pipeline on the same RabbitMQ, and Busbar embedded.
 */
export async function benchDeliver(options: Options): Promise<void> {
  const rabbitMq = await startRabbitMq();
  const fn = await CountingFunction.start();
  const say = (text: string): void => {
    if (!options.json)
      process.stdout.write(`${text}
`);
  };
  const subjects: Partial<Record<SubjectName, Subject>> = {};
  try {
    subjects.busbar = await startBusbar(fn.url, await rabbitMq.newVhost());
    subjects.bare = await startBare(fn.url, await rabbitMq.newVhost());
    subjects.embedded = await startBusbar(fn.url, "embedded");
    const diskFsyncMs = await fsyncMs();
    say(`the disk makes 4 KiB durable in ${diskFsyncMs} ms`);
    const { busbar, bare, embedded } = await measure(subjects as Record<SubjectName, Subject>, fn, options, say);
    const ratios = busbar.rounds.map((rate, round) => rate / (bare.rounds[round] ?? Number.NaN));
    const ratioToBare = Number(median(ratios).toFixed(3));
    if (options.json) process.stdout.write(`${JSON.stringify({ ratioToBare, diskFsyncMs, busbar, bare, embedded })}\n`);
    say(
      `\nbusbar on RabbitMQ is at ${ratioToBare} of the bare pipeline (rounds: ${ratios.map((r) => r.toFixed(2)).join(", ")})`,
    );
  } finally {
    for (const subject of Object.values(subjects)) await subject.stop();
    await fn.stop();
    await rabbitMq.remove();
  }
}

async function measure(
  subjects: Record<SubjectName, Subject>,
  fn: CountingFunction,
  options: Options,
  say: (text: string) => void,
): Promise<Record<SubjectName, Figures>> {
  const names = Object.keys(subjects) as SubjectName[];
  const rates: Record<SubjectName, number[]> = { busbar: [], bare: [], embedded: [] };
  const early: Partial<Record<SubjectName, number>> = {};
  for (const name of names) await throughputOf(subjects[name], fn, Math.min(2_000, options.events));
  for (let round = 0; round < options.rounds; round++) {
    for (const name of names) {
      const rate = await throughputOf(
        subjects[name],
        fn,
        options.events,
        () => (early[name] ??= subjects[name].memoryMiB()),
      );
      rates[name].push(Math.round(rate));
      say(`round ${round + 1}  ${name.padEnd(9)} ${rate.toFixed(0).padStart(7)} events/s`);
    }
  }
  const figures = {} as Record<SubjectName, Figures>;
  for (const name of names) {
    const eventsPerSecond = median(rates[name]);
    const latencies = await latenciesAt(subjects[name], fn, eventsPerSecond / 2, options.seconds);
    const memoryMiB = { early: early[name] ?? 0, late: subjects[name].memoryMiB() };
    figures[name] = { eventsPerSecond, rounds: rates[name], ...latencies, memoryMiB };
    const { putMs, ingestToInvocationMs } = latencies;
    say(
      `${name.padEnd(9)} at half load: put p50 ${putMs.p50} ms, p99 ${putMs.p99} ms; to invocation p50 ` +
        `${ingestToInvocationMs.p50} ms, p99 ${ingestToInvocationMs.p99} ms; memory ${memoryMiB.early} → ${memoryMiB.late} MiB`,
    );
  }
  return figures;
}
