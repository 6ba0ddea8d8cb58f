import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { openPostgresStore } from "../../../../src/edge/postgres/open-postgres-store.ts";
import type { Store } from "../../../../src/ports/store/store.ts";
import { eventually } from "../../../../test/contract/waiting.ts";
import { startPostgres } from "../../../../test/support/store/postgres.ts";
import type { Context, Scenario } from "../../scenario.ts";
import { RuleChangers } from "../../store/rule-changers.ts";

/** Changes between two faults, so that each one meets callers at work. */
const CHANGES_BETWEEN = 20;

export const storeGone: Scenario = {
  name: "store-gone",
  description:
    "PostgreSQL is killed, frozen, and fails over to a standby while rules are changed all the time: no delivery differs, and each change is made whole or refused",
  seconds: 15,
  async run(context) {
    const servers = await twoServers(context);
    const { primary, standby } = servers;
    const broker = await (await context.rabbitMq()).newVhost();
    const env = { BUSBAR_STORE: `${primary.url},${standby.url}` };
    const stage = await context.stage({ broker, routers: 2, env });
    const load = stage.startLoad();
    const changers = new RuleChangers(stage.routers);
    context.after(() => changers.stop());
    await stage.flows();
    await changers.answered("done", CHANGES_BETWEEN);

    context.say("killed, and started again");
    await primary.kill();
    await changers.answered("refused");
    await sleep((context.seconds * 1_000) / 3);
    await primary.start();
    await changers.answered("done", CHANGES_BETWEEN);

    context.say("frozen");
    const { done } = changers.counts;
    primary.freeze();
    await sleep((context.seconds * 1_000) / 3);
    const doneMeanwhile = changers.counts.done - done;
    primary.thaw();
    // One for each router may have been stored just before.
    assert.ok(doneMeanwhile <= stage.routers.length, `${doneMeanwhile} changes were made by a frozen store`);
    await changers.answered("done", CHANGES_BETWEEN);

    context.say("failed over");
    await primary.kill();
    await changers.answered("refused");
    await sleep((context.seconds * 1_000) / 3);
    await standby.promote();
    await changers.answered("done", CHANGES_BETWEEN);
    await stage.flows();

    await changers.stop();
    const store = await openStore(standby.url, context);
    const revision = await store.revision();
    for (const router of stage.routers) {
      const isInForce = async (): Promise<boolean> => (await router.metric("busbar_made_revision")) === revision;
      await eventually("every router has in force what the store has", isInForce);
    }
    assert.deepEqual(await changers.differences(store), [], "the store has what callers were answered");
    assert.deepEqual(changers.strange, [], "every change was made or refused clearly");
    assert.deepEqual([...load.statuses.keys()], [200], "no put was refused");
    const { done: made, refused, unknown } = changers.counts;
    const notes = [
      `${made} changes were made, ${refused} refused, and of ${unknown} it was not known; the store has what was answered`,
    ];
    return { ...(await stage.account()), notes };
  },
};

/** Every commit is on both before it is answered: none is lost when the standby takes over. */
async function twoServers(context: Context) {
  const primary = await startPostgres();
  context.after(() => primary.remove());
  const standby = await primary.startStandby();
  context.after(() => standby.remove());
  await primary.configure({ conf: "synchronous_standby_names = '*'" });
  return { primary, standby };
}

async function openStore(url: string, context: Context): Promise<Store> {
  const { signal } = new AbortController();
  const store = await openPostgresStore({ urls: [url], tls: {}, connections: 1, events: {}, signal });
  context.after(() => store.close());
  return store;
}
