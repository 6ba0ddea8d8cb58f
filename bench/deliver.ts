import { InvalidArgumentError } from "commander";
import { startRabbitMq } from "../test/support/rabbitmq/rabbitmq.ts";
import { cpuMs } from "./cpu-time.ts";
import { CountingFunction } from "./deliver/counting-function.ts";
import type { Latencies } from "./deliver/load.ts";
import { latenciesAt, throughputOf } from "./deliver/load.ts";
import type { Subject } from "./deliver/subjects.ts";
import { startBare, startBusbar, startTraced } from "./deliver/subjects.ts";
import type { Workload } from "./deliver/workload.ts";
import { fsyncMs } from "./fsync.ts";
import { median } from "./median.ts";
import { residentMiB } from "./resident-memory.ts";

export const SUBJECTS = [
  "busbar",
  "unpacked",
  "batched",
  "journal",
  "traces",
  "all-traces",
  "bare",
  "embedded",
] as const;

/** Those that are measured unless others are asked for. */
export const USUAL_SUBJECTS = ["busbar", "bare", "embedded"] as const;

export type SubjectName = (typeof SUBJECTS)[number];

interface Options extends Workload {
  readonly events: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly subjects: readonly SubjectName[];
  readonly json?: boolean;
}

/** What was measured of one subject. Rates are events a second, latencies milliseconds. */
interface Figures extends Latencies {
  readonly eventsPerSecond: number;
  readonly rounds: readonly number[];
  readonly eventsPerCall: number;
  /** Of the subject's own process at full load, in microseconds. */
  readonly cpuPerEventUs: number;
  /** Resident memory after a fifth of all events, and after the last one. */
  readonly memoryMiB: { readonly early: number; readonly late: number };
}

type Subjects = ReadonlyMap<SubjectName, Subject>;

/** Reads `--subjects busbar,bare`. */
export function subjectNames(text: string): readonly SubjectName[] {
  return text.split(",").map((name) => {
    const known = SUBJECTS.find((each) => each === name);
    if (known === undefined) throw new InvalidArgumentError(`one or more of ${SUBJECTS.join(", ")}`);
    return known;
  });
}

/**
 * The figures of some subjects in one run, in turn, so that the machine's moods hit all alike: Busbar on RabbitMQ, the
 * same without packs, with batches, with a journal, with traces of one put in a hundred or of all, a bare hand-written pipeline on the same RabbitMQ, and Busbar embedded.
 */
export async function benchDeliver(options: Options): Promise<void> {
  const rabbitMq = await startRabbitMq();
  const fn = await CountingFunction.start();
  const subjects = new Map<SubjectName, Subject>();
  const say = (text: string): void => {
    if (!options.json) process.stdout.write(`${text}\n`);
  };
  try {
    for (const name of options.subjects) {
      const broker = name === "embedded" ? "embedded" : await rabbitMq.newVhost();
      subjects.set(name, await startSubject(name, fn.url, broker, options));
    }
    const { rules, fanOut, detailBytes } = options;
    const diskFsyncMs = await fsyncMs();
    say(`${rules} rules, ${fanOut} functions an event, details of ${detailBytes} bytes`);
    say(`the disk makes 4 KiB durable in ${diskFsyncMs} ms`);
    const figures = await measure(subjects, fn, options, say);
    const ratios = ratiosOf(figures);
    if (ratios.length > 0)
      say(`\nbusbar on RabbitMQ is at ${ratioOf(ratios)} of the bare pipeline (rounds: ${ratios.join(", ")})`);
    const result = {
      rules,
      fanOut,
      detailBytes,
      diskFsyncMs,
      ratioToBare: ratioOf(ratios),
      ...Object.fromEntries(figures),
    };
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  } finally {
    for (const subject of subjects.values()) await subject.stop();
    await fn.stop();
    await rabbitMq.remove();
  }
}

function startSubject(name: SubjectName, functionUrl: string, broker: string, workload: Workload): Promise<Subject> {
  if (name === "bare") return startBare(functionUrl, broker, workload);
  if (name === "traces" || name === "all-traces") {
    return startTraced(functionUrl, broker, workload, name === "traces" ? 0.01 : 1);
  }
  return startBusbar(functionUrl, broker, workload, {
    settings: name === "unpacked" ? { BUSBAR_PACKS: "off" } : {},
    target: name === "batched" ? ", batch: { size: 100 }" : "",
    more: name === "journal" ? "journal: { kibibytesPerSecond: 65536 }\n" : "",
  });
}

async function measure(
  subjects: Subjects,
  fn: CountingFunction,
  options: Options,
  say: (text: string) => void,
): Promise<ReadonlyMap<SubjectName, Figures>> {
  for (const subject of subjects.values()) await throughputOf(subject, fn, options, Math.min(2_000, options.events));
  const rounds = await inTurns(subjects, options, async (name, subject, count) => {
    const round = await measureRound(subject, fn, options);
    const { eventsPerSecond, cpuPerEventUs, eventsPerCall } = round;
    say(
      `round ${count}  ${name.padEnd(9)} ${String(eventsPerSecond).padStart(7)} events/s ${cpuPerEventUs} µs of CPU each` +
        (name === "batched" ? `, ${eventsPerCall} of them a call` : ""),
    );
    return round;
  });
  // At half of each subject's own rate.
  const latencies = await inTurns(subjects, options, (name, subject) =>
    latenciesAt(subject, fn, options, rateOf(rounds.get(name) ?? []) / 2, options.seconds),
  );
  const figures = new Map<SubjectName, Figures>();
  for (const [name, subject] of subjects) {
    const one = figuresOf(subject, rounds.get(name) ?? [], latencies.get(name) ?? []);
    figures.set(name, one);
    const { putMs, ingestToInvocationMs, memoryMiB } = one;
    say(
      `${name.padEnd(9)} at half load: put p50 ${putMs.p50} ms, p99 ${putMs.p99} ms; to invocation p50 ` +
        `${ingestToInvocationMs.p50} ms, p99 ${ingestToInvocationMs.p99} ms; memory ${memoryMiB.early} → ${memoryMiB.late} MiB`,
    );
  }
  return figures;
}

/** One subject's turn at full load. */
interface Round {
  readonly eventsPerSecond: number;
  readonly eventsPerCall: number;
  readonly cpuPerEventUs: number;
  readonly memoryMiB: number;
}

async function measureRound(subject: Subject, fn: CountingFunction, options: Options): Promise<Round> {
  const cpuBeforeMs = cpuMs(subject.pid);
  let memoryMiB = Number.NaN;
  const rate = await throughputOf(subject, fn, options, options.events, () => {
    if (Number.isNaN(memoryMiB)) memoryMiB = residentMiB(subject.pid);
  });
  const cpuPerEventUs = Math.round(((cpuMs(subject.pid) - cpuBeforeMs) * 1_000) / options.events);
  const eventsPerCall = Math.round(fn.eventsPerCall);
  return { eventsPerSecond: Math.round(rate), eventsPerCall, cpuPerEventUs, memoryMiB };
}

/** Measures each subject once a round, one after the other. */
async function inTurns<Result>(
  subjects: Subjects,
  { rounds }: Options,
  measureOne: (name: SubjectName, subject: Subject, round: number) => Promise<Result>,
): Promise<ReadonlyMap<SubjectName, readonly Result[]>> {
  const results = new Map<SubjectName, Result[]>();
  for (let round = 1; round <= rounds; round++) {
    for (const [name, subject] of subjects) {
      results.set(name, [...(results.get(name) ?? []), await measureOne(name, subject, round)]);
    }
  }
  return results;
}

function rateOf(rounds: readonly Round[]): number {
  return median(rounds.map((round) => round.eventsPerSecond));
}

function figuresOf(subject: Subject, rounds: readonly Round[], latencies: readonly Latencies[]): Figures {
  const middle = (name: keyof Latencies, percent: "p50" | "p99"): number =>
    median(latencies.map((round) => round[name][percent]));
  return {
    eventsPerSecond: rateOf(rounds),
    rounds: rounds.map((round) => round.eventsPerSecond),
    eventsPerCall: median(rounds.map((round) => round.eventsPerCall)),
    cpuPerEventUs: median(rounds.map((round) => round.cpuPerEventUs)),
    putMs: { p50: middle("putMs", "p50"), p99: middle("putMs", "p99") },
    ingestToInvocationMs: { p50: middle("ingestToInvocationMs", "p50"), p99: middle("ingestToInvocationMs", "p99") },
    memoryMiB: { early: rounds[0]?.memoryMiB ?? Number.NaN, late: residentMiB(subject.pid) },
  };
}

/** Round by round, since two subjects of one round had the same machine. Empty when one of the two did not run. */
function ratiosOf(figures: ReadonlyMap<SubjectName, Figures>): readonly number[] {
  const bare = figures.get("bare")?.rounds;
  const rates = bare === undefined ? [] : (figures.get("busbar")?.rounds ?? []);
  return rates.map((rate, round) => Number((rate / (bare?.[round] ?? Number.NaN)).toFixed(3)));
}

function ratioOf(ratios: readonly number[]): number | undefined {
  return ratios.length === 0 ? undefined : median(ratios);
}
