import type { ChannelModel } from "amqplib";
import { connect } from "amqplib";
import type { TestServer } from "../../test/support/http/http-target.ts";
import { readBody, serveHttp } from "../../test/support/http/http-target.ts";
import type { TestEntry } from "../../test/support/router/router.ts";

/** What becomes of an event, and how many of a hundred have that fate. */
const FATES = { healthy: 75, retried: 10, failing: 5, kept: 10 } as const;

type Fate = keyof typeof FATES;

/** Queues that the traffic's own consumers read, so that they stay as empty as in use. */
const QUEUES = ["kept", "failed"];

/** The other end of everything that the routers deliver. */
export interface Traffic {
  /** For the routers: a rule and a target for each fate. */
  readonly config: string;
  /** Ids of the events that have come to the end of their way, each once. */
  readonly finished: ReadonlySet<string>;
  /** Deliveries beyond the first to the same end. */
  readonly duplicates: () => number;
  stop(): Promise<void>;
}

/** The entry that is put as the so-manieth: its fate goes by its number, so that every mix is the same. */
export function entryOf(index: number): TestEntry {
  return { source: "soak", detailType: "Soaked", detail: { fate: fateOf(index), index, padding: "x".repeat(900) } };
}

function fateOf(index: number): Fate {
  // Steps of 37 spread the fates over every hundred instead of bunching them.
  let rest = (index * 37) % 100;
  for (const [fate, share] of Object.entries(FATES) as [Fate, number][]) {
    if (rest < share) return fate;
    rest -= share;
  }
  return "healthy";
}

/** Starts the functions. The queues can be consumed only when a router has made them: see `consumeQueues`. */
export async function startTraffic(): Promise<Traffic & { consumeQueues(brokerUrl: string): Promise<void> }> {
  const finished = new Set<string>();
  let duplicates = 0;
  const finish = (eventId: string): void => {
    if (finished.has(eventId)) duplicates++;
    finished.add(eventId);
  };
  const functions = await startFunctions(finish);
  let connection: ChannelModel | undefined;
  return {
    config: configOf(functions.url),
    finished,
    duplicates: () => duplicates,
    consumeQueues: async (brokerUrl) => {
      connection = await connect(brokerUrl);
      const channel = await connection.createChannel();
      await channel.prefetch(100);
      for (const queue of QUEUES) {
        await channel.consume(queue, (message) => {
          if (message === null) throw new Error(`the consumer of ${queue} was cancelled`);
          finish((JSON.parse(message.content.toString()) as { id: string }).id);
          channel.ack(message);
        });
      }
    },
    stop: async () => {
      await connection?.close();
      await functions.stop();
    },
  };
}

/** One server for all functions: the path says what it is like, and a call's attempt whether to answer well. */
function startFunctions(finish: (eventId: string) => void): Promise<TestServer> {
  return serveHttp((request, response) => {
    void readBody(request).then((body) => {
      const attempt = Number(request.headers["busbar-attempt"]);
      if (request.url === "/failing") response.statusCode = 400;
      else if (request.url === "/retried" && attempt === 1) response.statusCode = 503;
      else finish((JSON.parse(body) as { id: string }).id);
      response.end();
    });
  });
}

function configOf(url: string): string {
  const pattern = (fate: Fate): string => `{ source: [soak], detail: { fate: [${fate}] } }`;
  return `
functions:
  healthy: { http: { url: "${url}/healthy" } }
  retried: { http: { url: "${url}/retried" } }
  failing: { http: { url: "${url}/failing" }, deadLetterConfig: { queue: failed } }
queues:
  kept: {}
  failed: {}
rules:
  healthy:
    eventPattern: ${pattern("healthy")}
    conditions: { all: [{ fact: detail, path: $.index, operator: greaterThanInclusive, value: 0 }] }
    targets: { call: { function: healthy } }
  retried: { eventPattern: ${pattern("retried")}, targets: { call: { function: retried } } }
  failing: { eventPattern: ${pattern("failing")}, targets: { call: { function: failing } } }
  kept:
    eventPattern: ${pattern("kept")}
    targets:
      keep: { queue: kept, inputTransformer: { inputPathsMap: { id: $.id }, inputTemplate: '{"id": "<id>"}' } }
`;
}
