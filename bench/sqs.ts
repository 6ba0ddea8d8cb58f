import { startRabbitMq } from "../test/support/rabbitmq/rabbitmq.ts";
import { fsyncMs } from "./fsync.ts";
import { median } from "./median.ts";
import type { Rates } from "./sqs/measures.ts";
import { idlePollsOf, inFlightOf, ratesOf } from "./sqs/measures.ts";
import type { QueueSubject } from "./sqs/subjects.ts";
import { startRaw, startRouter } from "./sqs/subjects.ts";

interface Options {
  readonly messages: number;
  readonly rounds: number;
  readonly clients: number;
  readonly bytes: number;
  readonly polls: number;
  readonly seconds: number;
  readonly inFlight: number;
  readonly json?: boolean;
}

/** So short that 50,000 of them are held in a router's memory: beyond 64 MiB the oldest would move. */
const IN_FLIGHT_BODY = "x".repeat(100);

/** What queues that speak SQS do on RabbitMQ and embedded, beside gets and acks by hand on the same RabbitMQ. */
export async function benchSqs(options: Options): Promise<void> {
  const rabbitMq = await startRabbitMq();
  const endings: (() => Promise<unknown>)[] = [() => rabbitMq.remove()];
  const say = (text: string): void => {
    if (!options.json) process.stdout.write(`${text}\n`);
  };
  const started = async (subject: Promise<QueueSubject>): Promise<QueueSubject> => {
    const it = await subject;
    endings.push(() => it.stop());
    return it;
  };
  try {
    const busbar = await started(startRouter("busbar", await rabbitMq.newVhost()));
    const raw = await started(startRaw(await rabbitMq.newVhost()));
    const embedded = await started(startRouter("embedded", "embedded"));
    const diskFsyncMs = await fsyncMs();
    say(`the disk makes 4 KiB durable in ${diskFsyncMs} ms`);
    const rounds = await inTurns([busbar, raw, embedded], options, say);
    const ratio = Number(median(rounds.map((of) => rateOf(of, "busbar") / rateOf(of, "raw"))).toFixed(2));
    say(`\nreceived and deleted: ${ratio} of the rate of gets and acks by hand`);
    const idle = { percent: await idlePollsOf(busbar, options.polls, options.seconds), polls: options.polls };
    say(`${idle.polls} idle long polls: ${idle.percent} % of a core`);
    const inFlight = await inFlightOf(busbar, { ...options, messages: options.inFlight, body: IN_FLIGHT_BODY });
    say(
      `${options.inFlight} in flight: ${inFlight.received} received a second, ${inFlight.deleted} deleted; ` +
        `a delete of ten p50 ${inFlight.deleteP50Ms} ms, p99 ${inFlight.deleteP99Ms} ms`,
    );
    if (options.json) process.stdout.write(`${JSON.stringify({ diskFsyncMs, rounds, ratio, idle, inFlight })}\n`);
  } finally {
    for (const end of endings.reverse()) await end();
  }
}

type Round = Readonly<Record<string, Rates>>;

function rateOf(round: Round, name: string): number {
  return round[name]?.receivedAndDeleted ?? Number.NaN;
}

/** Each round has all of them, and begins with another one: whoever comes first has no lasting advantage. */
async function inTurns(
  subjects: readonly QueueSubject[],
  { messages, rounds, clients, bytes }: Options,
  say: (text: string) => void,
): Promise<readonly Round[]> {
  const work = { clients, body: "x".repeat(bytes) };
  for (const subject of subjects) await ratesOf(subject, { ...work, messages: Math.ceil(messages / 10) });
  const all: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const rates: Record<string, Rates> = {};
    for (const at of subjects.keys()) {
      const subject = subjects[(at + round) % subjects.length];
      if (subject === undefined) continue;
      const rate = await ratesOf(subject, { ...work, messages });
      rates[subject.name] = rate;
      say(
        `round ${round + 1}  ${subject.name.padEnd(9)} ${rate.sent} sent a second, ${rate.receivedAndDeleted} received and deleted; ` +
          `a receive of ten p50 ${rate.receiveP50Ms} ms, p99 ${rate.receiveP99Ms} ms`,
      );
    }
    all.push(rates);
  }
  return all;
}
