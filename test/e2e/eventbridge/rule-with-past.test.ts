import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import { setTimeout as sleepFor } from "node:timers/promises";
import type { JobAnswer } from "../../../src/admin-api/queues/jobs.ts";
import { eventually } from "../../contract/waiting.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { busbar } from "../../support/router/command-line.ts";
import { Router } from "../../support/router/router.ts";

const PAST_COUNT = 800;
const ENTRIES = 10;
/** Longer than others wait for a silent owner. */
const TAKE_OVER_MS = 60_000;
/** For a RabbitMQ that has no virtual hosts to give. */
const QUEUES = ["log", "busbar.archive.0d.0b.default"];

const WITHOUT = `
queues: { log: {} }
eventBuses: { default: { retention: {} } }
rules: {}
`;
const withRule = (startFrom: string) => `${WITHOUT.replace("rules: {}", "")}
rules:
  late:
    eventPattern: { source: [shop] }
    startFrom: { ${startFrom} }
    targets: { log: { queue: log } }
`;
const WITH = withRule("archive: default");

/** An event as it lies in the queue. */
interface Logged {
  readonly id: string;
  readonly detail: { readonly n: number };
}

/** Puts events with ascending numbers. */
class Numbered {
  readonly ids: string[] = [];
  #n = 0;

  /** A router that is killed meanwhile has not accepted them. */
  async put(router: Router, count = ENTRIES): Promise<void> {
    const entries = Array.from({ length: count }, (_, at) => ({ source: "shop", detail: { n: this.#n + at } }));
    this.#n += count;
    const { eventIds, status } = await router.put(entries).catch(() => ({ eventIds: [], status: 0 }));
    if (status === 200) for (const id of eventIds) if (id !== undefined) this.ids.push(id);
  }
}

async function jobsOf(router: Router): Promise<readonly JobAnswer[]> {
  const response = await fetch(`${router.adminUrl}/api/v1/jobs`);
  const { jobs } = (await response.json()) as { readonly jobs: readonly JobAnswer[] };
  return jobs.filter(({ kind }) => kind === "replay");
}

async function setRate(router: Router, rate: string): Promise<void> {
  const [job] = await jobsOf(router);
  assert.ok(job !== undefined);
  const path = `${router.adminUrl}/api/v1/jobs/${job.id}?ratePerSecond=${rate}`;
  assert.equal((await fetch(path, { method: "PATCH" })).status, 200);
}

/** Takes what is in the queue, in its order; what comes twice with one message id counts once. */
async function take(router: Router, into: Map<string, Logged>): Promise<void> {
  for (const { id, body } of await router.receive("log")) if (!into.has(id)) into.set(id, JSON.parse(body) as Logged);
}

async function takeUntilAll(router: Router, ids: () => readonly string[]): Promise<readonly Logged[]> {
  const taken = new Map<string, Logged>();
  const missing = () => {
    const met = new Set([...taken.values()].map(({ id }) => id));
    return ids().filter((id) => !met.has(id)).length;
  };
  await eventually("every event has come", async () => (await take(router, taken), missing() === 0), TAKE_OVER_MS);
  return [...taken.values()];
}

for (const broker of ["embedded", "RabbitMQ"] as const) {
  const environment = async (t: TestContext): Promise<Record<string, string>> =>
    broker === "embedded" ? {} : { BUSBAR_BROKER: await freshVhost(t, QUEUES) };

  describe(`A rule with a past (${broker})`, () => {
    it("gets it first and then what is new, each event once, though a router is killed in the middle", async (t) => {
      const env = await environment(t);
      const [one, second] = await Promise.all([
        Router.start({ config: WITHOUT, env }),
        broker === "embedded" ? undefined : Router.start({ config: WITHOUT, env }),
      ]);
      t.after(() => Promise.all([one.remove(), second?.remove()]));
      const other = second ?? one;
      const events = new Numbered();
      while (events.ids.length < PAST_COUNT) await events.put(one);
      const pastIds = new Set(events.ids);

      // The other router has the rule a little later: what it takes until then is in the archive.
      await one.configure(WITH);
      await eventually("the catch-up has begun", async () => (await jobsOf(other)).length === 1, 15_000);
      await second?.configure(WITH);
      await setRate(other, "500");
      const stop = new AbortController();
      const present = (async () => {
        for (; !stop.signal.aborted; await sleepFor(50)) await events.put(other);
      })();
      const progress = async () => (await jobsOf(other))[0]?.removed ?? 0;
      await eventually("some is sent", async () => (await progress()) > 100, TAKE_OVER_MS);
      const shown = await busbar(["rules", "late", "--admin-url", other.adminUrl]);
      assert.match(shown.stdout, /ENABLED \(past: about \d+ events? left\)/);
      await one.kill();
      await one.launch();
      await setRate(other, "none");
      await eventually("the past is sent", async () => (await progress()) > PAST_COUNT, TAKE_OVER_MS);
      stop.abort();
      await present;

      const taken = await takeUntilAll(other, () => events.ids);
      const firstNew = taken.findIndex(({ id }) => !pastIds.has(id));
      const afterwards = taken.slice(firstNew).filter(({ id }) => pastIds.has(id));
      assert.deepEqual(afterwards, [], "the past comes before the present");
      const ids = taken.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, "whatever was sent twice has one message id");
      assert.equal((await jobsOf(other)).length, 1);
    });
  });
}

describe("A rule with a past, later on", () => {
  it("gets new events directly, and its past neither after a restart nor when it comes back", async (t) => {
    const router = await Router.start({ config: WITHOUT });
    t.after(() => router.remove());
    const events = new Numbered();
    for (let n = 0; n < 5; n++) await events.put(router);
    // Whole seconds count, as in a replay's window.
    const sinceMs = Math.floor(Date.now() / 1_000 + 1) * 1_000;
    const since = new Date(sinceMs).toISOString();
    await eventually("that second has come", () => Date.now() > sinceMs);
    await events.put(router);
    const wanted = events.ids.slice(-ENTRIES);

    // The default bus has a retention: a time alone is enough.
    await router.configure(withRule(`timestamp: ${since}`));
    await takeUntilAll(router, () => wanted);
    await events.put(router);
    const state = async () => (await jobsOf(router)).map(({ state, removed }) => `${state} ${removed}`);
    await eventually("the catch-up is done", async () => (await state())[0]?.startsWith("done") === true, TAKE_OVER_MS);
    assert.deepEqual(await state(), [`done ${2 * ENTRIES}`]);

    await router.configure(WITHOUT);
    await eventually(
      "the rule is gone",
      () => router.log.filter(({ msg }) => msg === "configuration taken over").length > 1,
    );
    await router.configure(withRule(`timestamp: ${since}`));
    await router.stop();
    await router.launch();
    const before = events.ids.length;
    await events.put(router);
    const taken = await takeUntilAll(router, () => events.ids.slice(before));
    assert.deepEqual(await state(), [`done ${2 * ENTRIES}`], "it is neither begun again nor gone on with");
    assert.equal(new Set(taken.map(({ id }) => id)).size, taken.length);
  });
});
