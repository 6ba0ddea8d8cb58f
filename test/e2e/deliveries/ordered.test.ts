import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import type { BlockedKeyAnswer } from "../../../src/admin-api/destinations/blocked-keys.ts";
import { eventually } from "../../contract/waiting.ts";
import { orderBreaches, overlaps } from "../../support/functions/call-order.ts";
import type { KeyedFunctionOptions } from "../../support/functions/keyed-function.ts";
import { KeyedFunction } from "../../support/functions/keyed-function.ts";
import { startTcpProxy, through } from "../../support/http/tcp-proxy.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { Router } from "../../support/router/router.ts";

const KEYS = ["a", "b", "c", "d", "e", "f"];
/** How many events of a key wait at most. */
const AHEAD_MAX = 12;
const QUEUES = ["busbar.ordered.stock", "busbar.function.stock"];

function configOf(url: string, whenFailed = "skip"): string {
  return `
functions:
  stock:
    http: { url: "${url}" }
    concurrency: 4
    maximumRetryAttempts: 2
    retryIntervalsSeconds: [1]
    orderBy: { path: $.detail.key, whenFailed: ${whenFailed} }
rules:
  all: { eventPattern: { source: [test] }, targets: { stock: { function: stock } } }
`;
}

async function startFunction(t: TestContext, options: KeyedFunctionOptions): Promise<KeyedFunction> {
  const stock = await KeyedFunction.start(options);
  t.after(() => stock.stop());
  return stock;
}

/** Puts the events of each key one after another, to one router after the other, until `isOver` says so of a number. */
async function putAll(
  stock: KeyedFunction,
  routers: readonly Router[],
  isOver: (number: number) => boolean,
): Promise<ReadonlySet<string>> {
  const accepted = new Set<string>();
  const putKey = async (key: string, place: number): Promise<void> => {
    for (let number = 0; !isOver(number); number++) {
      // A backlog would have to be called for in the end.
      await eventually("calls follow", () => number < AHEAD_MAX || stock.succeeded.has(`${key} ${number - AHEAD_MAX}`));
      const router = routers[(place + number) % routers.length];
      for (let status = 0; status !== 200;) {
        status = (await router?.put([{ detail: { key, number } }]).catch(() => undefined))?.status ?? 0;
        if (status !== 200) await new Promise((resolve) => setTimeout(resolve, 100));
      }
      accepted.add(`${key} ${number}`);
    }
  };
  await Promise.all(KEYS.map(putKey));
  return accepted;
}

async function allSucceeded(stock: KeyedFunction, accepted: ReadonlySet<string>): Promise<void> {
  const missing = () => [...accepted].filter((each) => !stock.succeeded.has(each));
  await eventually("all succeeded", () => missing().length === 0);
}

for (const kind of ["embedded", "RabbitMQ"] as const) {
  const broker = async (t: TestContext) => (kind === "embedded" ? kind : await freshVhost(t, QUEUES));

  describe(`A function that keeps the order of its keys, on ${kind}`, () => {
    it("A key's events are called one at a time, in order, through retries, while other keys go on", async (t) => {
      // The first event of the key "a" fails twice: the others are done before it is.
      const succeeds: KeyedFunctionOptions["succeeds"] = ({ key, number }, before) =>
        before >= (key === "a" && number === 0 ? 2 : number % 10 === 7 ? 1 : 0);
      const stock = await startFunction(t, { succeeds });
      const env = { BUSBAR_BROKER: await broker(t) };
      const router = await Router.start({ config: configOf(stock.url), env });
      t.after(() => router.remove());

      const accepted = await putAll(stock, [router], (number) => number === 20);
      await allSucceeded(stock, accepted);
      assert.deepEqual(orderBreaches(stock.calls), []);
      assert.deepEqual(overlaps(stock.calls), []);
      const firstOf = (key: string, number: number) =>
        stock.calls.findIndex((call) => call.key === key && call.number === number);
      for (const key of KEYS.slice(1)) assert.ok(firstOf(key, 5) < firstOf("a", 1), `${key} goes on while "a" waits`);
      await eventually("the queue is empty", async () => (await router.depth("busbar.ordered.stock")) === 0);
      assert.equal(
        stock.calls.length,
        accepted.size + 2 + 2 * KEYS.length,
        "none is called twice but those that failed",
      );
    });

    it("An event that has failed for good is a dead letter, and its key goes on", async (t) => {
      const stock = await startFunction(t, {
        succeeds: ({ key, number }) => key !== "a" || number !== 3,
        failingStatus: 400,
      });
      const env = { BUSBAR_BROKER: await broker(t) };
      const router = await Router.start({ config: configOf(stock.url), env });
      t.after(() => router.remove());
      const accepted = new Set(await putAll(stock, [router], (number) => number === 6));
      accepted.delete("a 3");
      await allSucceeded(stock, accepted);
      assert.deepEqual(orderBreaches(stock.calls, new Set(["a 3"])), []);
      assert.equal(stock.calls.length, accepted.size + 1);
      assert.equal(await router.depth("busbar.dead-letter"), 1);
    });

    it("An event that must not be passed blocks its key until it is skipped, and other keys go on", async (t) => {
      const stock = await startFunction(t, {
        succeeds: ({ key, number }) => key !== "a" || number !== 3,
        failingStatus: 400,
      });
      const env = { BUSBAR_BROKER: await broker(t) };
      const router = await Router.start({ config: configOf(stock.url, "block"), env });
      t.after(() => router.remove());
      const accepted = await putAll(stock, [router], (number) => number === 6);
      const keys = async () => {
        const answer = await fetch(`${router.adminUrl}/api/v1/blocked-keys`);
        return ((await answer.json()) as { blockedKeys: BlockedKeyAnswer[] }).blockedKeys;
      };
      await eventually("a key is blocked", async () => (await keys()).length === 1);
      const [blocked] = await keys();
      assert.deepEqual([blocked?.key, blocked?.reason], ['"a"', "client_error"]);
      assert.match(blocked?.eventId ?? "", /^[0-9a-f-]{36}$/);
      const behind = new Set(["a 3", "a 4", "a 5"]);
      await allSucceeded(stock, new Set([...accepted].filter((each) => !behind.has(each))));
      assert.ok(!stock.succeeded.has("a 4"));
      assert.equal(await router.metric('busbar_destination_keys_blocked{destination="function/stock"}'), 1);
      const waiting = () =>
        router.metric('busbar_destination_keys_waiting{destination="function/stock",state="retry"}');
      await eventually("its key waits for a retry", async () => (await waiting()) === 1);
      const oldest = 'busbar_destination_oldest_blocked_key_seconds{destination="function/stock"}';
      assert.ok((await router.metric(oldest)) > 0);

      const url = `${router.adminUrl}/api/v1/blocked-keys/stock/${blocked?.deliveryId}`;
      assert.equal((await fetch(url, { method: "DELETE" })).status, 200);
      await allSucceeded(stock, new Set(["a 4", "a 5"]));
      assert.deepEqual(orderBreaches(stock.calls, new Set(["a 3"])), []);
      assert.equal(await router.depth("busbar.dead-letter"), 1);
      await eventually("no key is blocked", async () => (await keys()).length === 0);
      assert.equal((await fetch(url, { method: "DELETE" })).status, 404);
      const said = router.log.filter(({ msg }) => msg.includes("key")).map(({ level, msg }) => [level, msg]);
      assert.deepEqual(said, [
        ["warn", "a key is blocked: its events wait for one that does not succeed"],
        ["info", "a blocked key goes on"],
      ]);
    });
  });
}

describe("A function that keeps the order of its keys, with two routers on RabbitMQ", () => {
  const slow: KeyedFunctionOptions = {
    succeeds: ({ number }, before) => before >= (number % 20 === 7 ? 1 : 0),
    callMs: () => 20,
  };

  async function startRouters(t: TestContext, stock: KeyedFunction) {
    const url = await freshVhost(t, QUEUES);
    const proxy = await startTcpProxy(Number(new URL(url).port) || 5672);
    t.after(() => proxy.close());
    const config = configOf(stock.url);
    const one = await Router.start({ config, env: { BUSBAR_BROKER: through(proxy, url) } });
    t.after(() => one.remove());
    const two = await Router.start({ config, env: { BUSBAR_BROKER: url } });
    t.after(() => two.remove());
    return { one, two, proxy };
  }

  /** Puts while `during` runs, and then waits until all that was put has succeeded. */
  async function underLoad(stock: KeyedFunction, router: Router, during: () => Promise<void>): Promise<void> {
    let isOver = false;
    const putting = putAll(stock, [router], () => isOver);
    await during().finally(() => (isOver = true));
    await allSucceeded(stock, await putting);
    assert.deepEqual(orderBreaches(stock.calls), []);
    assert.equal(await router.depth("busbar.parked"), 0);
    assert.equal(await router.depth("busbar.dead-letter"), 0);
  }

  const moreCalls = async (stock: KeyedFunction, count: number): Promise<void> => {
    const soFar = stock.calls.length;
    await eventually(`${count} more calls`, () => stock.calls.length >= soFar + count);
  };

  it("The order holds when the router that calls is killed, and another one takes over", async (t) => {
    const stock = await startFunction(t, slow);
    const { one, two } = await startRouters(t, stock);
    await underLoad(stock, two, async () => {
      await moreCalls(stock, 60);
      await one.kill();
      await moreCalls(stock, 60);
    });
  });

  it("The order holds when the router that calls is stopped in good order, and another one takes over", async (t) => {
    const stock = await startFunction(t, slow);
    const { one, two } = await startRouters(t, stock);
    await underLoad(stock, two, async () => {
      await moreCalls(stock, 60);
      await one.stop();
      await moreCalls(stock, 60);
    });
    assert.deepEqual(overlaps(stock.calls), []);
    const succeeded = stock.calls.filter((call) => call.succeeded);
    assert.equal(succeeded.length, stock.succeeded.size, "no event succeeded twice");
  });

  it("The order holds when the connection of the router that calls is cut, again and again", async (t) => {
    const stock = await startFunction(t, slow);
    const { two, proxy } = await startRouters(t, stock);
    await underLoad(stock, two, async () => {
      for (let cuts = 1; cuts <= 3; cuts++) {
        await moreCalls(stock, 40);
        proxy.cut();
      }
      await moreCalls(stock, 40);
    });
  });
});
