import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { takeRouterLock } from "../../../src/edge/rabbitmq/router-lock.ts";
import { openSqliteStore } from "../../../src/edge/sqlite/store/sqlite-store.ts";
import { LockedStore } from "../../../src/edge/store/locked-store.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { startTcpProxy, through } from "../../support/http/tcp-proxy.ts";
import { eventually, within } from "../waiting.ts";

const LONG_MS = 60_000;

describe("The lock of the router with an embedded store", { timeout: 120_000 }, () => {
  it("The router lock is refused to a second router, and free when the first one ends", async (t) => {
    const url = await freshVhost(t);
    const { release } = await take(t, url);
    await assert.rejects(take(t, url, { patienceMs: 500 }), /^Error: another router has the place .* PostgreSQL/);
    const waiting = take(t, url, { patienceMs: LONG_MS });
    await release();
    await within("the second has it", waiting);
    await assert.rejects(take(t, url, { patienceMs: 0 }), /another router has the place/);
  });

  it("The router lock is taken again after a lost connection", async (t) => {
    const url = await freshVhost(t);
    const proxy = await startTcpProxy(Number(new URL(url).port));
    t.after(() => proxy.close());
    const faults: string[] = [];
    await take(t, through(proxy, url), { faults });
    const { accepted } = proxy;
    proxy.cut();
    await eventually("it is connected again", () => proxy.accepted > accepted);
    await eventually("it has it again", () => isTaken(t, url));
    assert.deepEqual(faults, []);
  });

  it("The router lock is reported as lost when another router took it meanwhile", async (t) => {
    const url = await freshVhost(t);
    const proxy = await startTcpProxy(Number(new URL(url).port));
    t.after(() => proxy.close());
    const faults: string[] = [];
    const lock = await take(t, through(proxy, url), { faults, patienceMs: 100 });
    const folder = await mkdtemp(join(tmpdir(), "busbar-lock-"));
    t.after(() => rm(folder, { recursive: true }));
    const { store: unlocked } = await openSqliteStore({ folder, events: {} });
    t.after(() => unlocked.close());
    const store = new LockedStore(unlocked, () => lock.problem());
    const put = (name: string) => store.commit([{ change: "put", kind: "rule", name, value: "{}" }]);
    assert.equal((await put("before")).ok, true);
    proxy.stall();
    proxy.cut();
    await eventually("it is noticed", () => lock.problem()?.reason === "unavailable");
    await assert.rejects(put("while RabbitMQ is away"), /RabbitMQ does not say that this router is the only one/);
    const other = await within("another has it", take(t, url, { patienceMs: LONG_MS }));
    proxy.resume();
    proxy.cut();
    await eventually("it is reported", () => faults.length > 0);
    assert.match(faults[0] ?? "", /^another router has the place/);
    await eventually("it is known", () => lock.problem()?.reason === "refused");
    await assert.rejects(put("afterwards"), /another router has the place .*: stop one of the two/);
    await assert.rejects(store.claimDue("schedule", 1, 1_000), { reason: "refused" });
    assert.equal((await store.scan({ kind: "rule", limit: 10 })).entities.length, 1);
    await other.release();
    await eventually("it has it again", () => lock.problem() === undefined);
    assert.equal((await put("again")).ok, true);
  });
});

interface TakeOptions {
  readonly patienceMs?: number;
  readonly faults?: string[];
}

async function take(t: TestContext, url: string, { patienceMs = LONG_MS, faults = [] }: TakeOptions = {}) {
  const fault = (message: string): void => void faults.push(message);
  const lock = await takeRouterLock({ urls: [url], patienceMs, fault, disconnected: () => undefined });
  t.after(() => lock.release());
  return lock;
}

function isTaken(t: TestContext, url: string): Promise<boolean> {
  return take(t, url, { patienceMs: 0 }).then(
    ({ release }) => release().then(() => false),
    () => true,
  );
}
