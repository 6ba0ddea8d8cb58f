import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import type { TestServer } from "../../../../test/support/http/http-target.ts";
import { readBody, serveHttp } from "../../../../test/support/http/http-target.ts";
import type { Configuration } from "../../configuration.ts";
import { delivered, richConfiguration } from "../../configuration.ts";
import type { Ledger } from "../../ledger.ts";
import type { Context, Scenario } from "../../scenario.ts";
import type { Stage } from "../../stage.ts";

/** One message of so many fails whenever the function gets it. */
const POISON_EVERY = 40;
/** How long a call lasts: a router is killed while some are under way. */
const CALL_MS = 150;
/** How long after a batch was seen in a call its router is killed, in milliseconds, in turn. */
const KILL_MS = [0, 20, 60, 120, 180, 300];

export const mappingKill: Scenario = {
  name: "mapping-kill",
  description:
    "two routers read a queue for a function, and one after the other is killed while batches are in calls: each message is handled, and those that always fail are dead letters",
  seconds: 30,
  async run(context) {
    const shipping = await Shipping.start(context);
    const broker = await (await context.rabbitMq()).newVhost();
    const configuration = (url: string): Configuration => withMapping(richConfiguration(url), shipping.url);
    const stage = await context.stage({ broker, routers: 2, configuration });
    shipping.ledger = stage.ledger;
    stage.startLoad();
    await eventually("batches are called with", () => shipping.batches > 3, 60_000);
    const kills = await killWhileInCalls(stage, shipping, context.seconds);
    const facts = await stage.account();
    const calls = `${shipping.batches} calls with ${shipping.records} records`;
    return { ...facts, notes: [`${calls}; routers were killed ${kills} times, with batches in calls each time`] };
  },
};

/** A rule fills a queue beside all other targets, and a mapping reads it. */
function withMapping(rich: Configuration, url: string): Configuration {
  const yaml = `${rich.yaml
    .replace(
      "queues:\n",
      "queues:\n  to-ship: { visibilityTimeoutSeconds: 4, redrivePolicy: { queue: unshippable, maxReceiveCount: 5 } }\n  unshippable: {}\n",
    )
    .replace(
      "functions:\n",
      `functions:\n  ships: { http: { url: "${url}" }, timeoutSeconds: 2, concurrency: 10, circuitBreaker: false }\n`,
    )}
  to-be-shipped: { eventPattern: { source: [faults] }, targets: { shipped: { queue: to-ship } } }
eventSourceMappings:
  ships-all: { queue: to-ship, function: ships, batchSize: 5, reportBatchItemFailures: true }
`;
  const ends = new Map([...rich.ends, ["shipped", { ...delivered("function/ships"), orElse: ["queue/unshippable"] }]]);
  return { yaml, ends, queues: [...rich.queues, "unshippable"] };
}

interface BatchRecord {
  readonly messageId: string;
  readonly body: string;
}

/** The function that the mapping calls. Which messages it has handled goes into the ledger. */
class Shipping {
  batches = 0;
  records = 0;
  inCalls = 0;
  ledger: Ledger | undefined;
  #server: TestServer | undefined;

  static async start(context: Context): Promise<Shipping> {
    const shipping = new Shipping();
    const server = await serveHttp((request, response) => {
      void readBody(request).then(
        async (text) => response.end(await shipping.#answer(text)),
        () => undefined, // the caller was killed while it wrote
      );
    });
    shipping.#server = server;
    context.after(() => server.stop());
    return shipping;
  }

  get url(): string {
    return this.#server?.url ?? "";
  }

  async #answer(text: string): Promise<string> {
    const { Records: records } = JSON.parse(text) as { Records: readonly BatchRecord[] };
    this.batches += 1;
    this.records += records.length;
    this.inCalls += 1;
    await sleep(CALL_MS);
    this.inCalls -= 1;
    const failed = records.filter((record) => !this.#isShipped(record));
    return JSON.stringify({ batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) });
  }

  #isShipped({ messageId, body }: BatchRecord): boolean {
    const event = JSON.parse(body) as { readonly id: string; readonly detail: { readonly index: number } };
    if (event.detail.index % POISON_EVERY === 0) return false;
    this.ledger?.add({ eventId: event.id, target: "shipped", place: "function/ships", deliveryId: messageId });
    return true;
  }
}

/** @returns how often a router was killed. */
async function killWhileInCalls(stage: Stage, shipping: Shipping, seconds: number): Promise<number> {
  const endMs = performance.now() + seconds * 1_000;
  let kills = 0;
  while (performance.now() < endMs || kills < 2) {
    const router = stage.routers[kills % stage.routers.length];
    await eventually("a batch is in a call", () => shipping.inCalls > 0, 60_000);
    await sleep(KILL_MS[kills % KILL_MS.length]);
    await router?.kill();
    kills += 1;
    await router?.launch();
  }
  return kills;
}
