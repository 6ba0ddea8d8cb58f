import { startRabbitMq } from "../test/support/rabbitmq/rabbitmq.ts";
import { cpuMs } from "./cpu-time.ts";
import { fsyncMs } from "./fsync.ts";
import type { Called } from "./mappings/records-function.ts";
import { RecordsFunction } from "./mappings/records-function.ts";
import type { ReadingSubject } from "./mappings/subjects.ts";
import { startByHand, startMapping } from "./mappings/subjects.ts";
import { takeoverMs } from "./mappings/takeover.ts";
import { median } from "./median.ts";
import { sendAll } from "./sqs/measures.ts";

interface Options {
  readonly records: number;
  readonly rounds: number;
  readonly batchSize: number;
  readonly bytes: number;
  readonly takeovers: number;
  readonly json?: boolean;
}

/** What one subject made of one round's records. */
interface Figures extends Called {
  /** CPU time of the process that reads, for each record. */
  readonly cpuMicros: number;
}

type Round = Readonly<Record<string, Figures>>;

/** How many send the records at once. */
const SENDERS = 20;

/** Records a second from a queue into a function, on RabbitMQ and embedded, beside a consumer by hand on the same RabbitMQ. */
export async function benchMappings(options: Options): Promise<void> {
  const rabbitMq = await startRabbitMq();
  const endings: (() => Promise<unknown>)[] = [() => rabbitMq.remove()];
  const say = (text: string): void => {
    if (!options.json) process.stdout.write(`${text}\n`);
  };
  try {
    const diskFsyncMs = await fsyncMs();
    say(`the disk makes 4 KiB durable in ${diskFsyncMs} ms`);
    const takeoversMs: number[] = [];
    for (let turn = 0; turn < options.takeovers; turn++) takeoversMs.push(await takeoverMs(await rabbitMq.newVhost()));
    say(`a stream's reader was killed: the other router called after ${takeoversMs.join(", ")} ms`);
    const fn = await RecordsFunction.start();
    endings.push(() => fn.stop());
    const subjects = [
      await startMapping("busbar", await rabbitMq.newVhost(), fn.url, options.batchSize),
      await startByHand(await rabbitMq.newVhost(), fn.url, options.batchSize),
      await startMapping("embedded", "embedded", fn.url, options.batchSize),
    ];
    endings.push(...subjects.map((subject) => () => subject.stop()));
    const rounds = await inTurns(subjects, fn, options, say);
    const ratios = rounds.map((round) => rateOf(round, "busbar") / rateOf(round, "by hand"));
    const ratio = Number(median(ratios).toFixed(2));
    say(`\nrecords a second: ${ratio} of the rate by hand`);
    if (options.json) process.stdout.write(`${JSON.stringify({ diskFsyncMs, takeoversMs, rounds, ratio })}\n`);
  } finally {
    for (const end of endings.reverse()) await end();
  }
}

function rateOf(round: Round, name: string): number {
  return round[name]?.perSecond ?? Number.NaN;
}

/** Each round has all of them, and begins with another one. The first, of a tenth, is not counted. */
async function inTurns(
  subjects: readonly ReadingSubject[],
  fn: RecordsFunction,
  { records, rounds, bytes }: Options,
  say: (text: string) => void,
): Promise<readonly Round[]> {
  const body = "x".repeat(bytes);
  for (const subject of subjects) await figuresOf(subject, fn, Math.ceil(records / 10), body);
  const all: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const figures: Record<string, Figures> = {};
    for (const at of subjects.keys()) {
      const subject = subjects[(at + round) % subjects.length];
      if (subject === undefined) continue;
      const { perSecond, calls, cpuMicros, ...rest } = await figuresOf(subject, fn, records, body);
      figures[subject.name] = { perSecond, calls, cpuMicros, ...rest };
      const figure = `${perSecond} records a second in ${calls} calls, ${cpuMicros} µs of CPU time each`;
      say(`round ${round + 1}  ${subject.name.padEnd(9)} ${figure}`);
    }
    all.push(figures);
  }
  return all;
}

/** Fills the queue, and then has it read until it is empty. */
async function figuresOf(
  subject: ReadingSubject,
  fn: RecordsFunction,
  records: number,
  body: string,
): Promise<Figures> {
  await sendAll(subject, records, SENDERS, body);
  const expected = fn.expect(records);
  const pid = await subject.begin();
  const beforeMs = cpuMs(pid);
  const called = await expected;
  const cpuMicros = Math.round(((cpuMs(pid) - beforeMs) * 1_000) / called.records);
  await subject.end();
  return { ...called, cpuMicros };
}
