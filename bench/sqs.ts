import { startRabbitMq } from "../test/support/rabbitmq/rabbitmq.ts";
import { fsyncMs } from "./fsync.ts";
import { median } from "./median.ts";
import { receiveMsAt, receiveMsOfOne } from "./sqs/latencies.ts";
import type { Rates } from "./sqs/measures.ts";
import { idlePollsOf, inFlightOf, ratesOf } from "./sqs/measures.ts";
import type { QueueSubject } from "./sqs/subjects.ts";
import { startBarePolls, startRaw, startRouter } from "./sqs/subjects.ts";

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

/** How long receives are timed at half load, and how many of one client. */
const LIGHT_SECONDS = 5;
const LIGHT_RECEIVES = 200;

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
    const light = await latenciesOf(busbar, median(rounds.map((of) => rateOf(of, "busbar"))) / 2, options.bytes);
    say(`a receive of ten at half of that rate: p50 ${light.half.p50} ms, p99 ${light.half.p99} ms`);
    say(`a receive of ten by one client: p50 ${light.one.p50} ms, p99 ${light.one.p99} ms`);
    const idle = await idleOf(busbar, options);
    say(
      `${idle.polls} idle long polls: ${idle.percent} % of a core; ` +
        `the router without them ${idle.withoutPercent} %, an express handler with them ${idle.barePercent} %`,
    );
    const inFlight = await inFlightOf(busbar, { ...options, messages: options.inFlight, body: IN_FLIGHT_BODY });
    say(
      `${options.inFlight} in flight: ${inFlight.received} received a second, ${inFlight.deleted} deleted; ` +
        `a delete of ten p50 ${inFlight.deleteP50Ms} ms, p99 ${inFlight.deleteP99Ms} ms`,
    );
    if (options.json)
      process.stdout.write(`${JSON.stringify({ diskFsyncMs, rounds, ratio, light, idle, inFlight })}\n`);
  } finally {
    for (const end of endings.reverse()) await end();
  }
}

/** How long receives take while the router has time. */
async function latenciesOf(subject: QueueSubject, perSecond: number, bytes: number) {
  const body = "x".repeat(bytes);
  return {
    half: await receiveMsAt(subject, { perSecond, seconds: LIGHT_SECONDS, body }),
    one: await receiveMsOfOne(subject, LIGHT_RECEIVES, body),
  };
}

/** What idle polls cost a router, beside the router without any, and beside the same polls of an express handler. */
async function idleOf(subject: QueueSubject, { polls, seconds }: Pick<Options, "polls" | "seconds">) {
  const withoutPercent = await idlePollsOf(subject, 0, seconds);
  const percent = await idlePollsOf(subject, polls, seconds);
  const bare = await startBarePolls();
  const barePercent = await idlePollsOf(bare, polls, seconds).finally(() => bare.stop());
  return { polls, percent, withoutPercent, barePercent };
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
