import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { JobAnswer, JobsAnswer } from "../../../src/admin-api/queues/jobs.ts";
import { DEAD_LETTER_QUEUE } from "../../../src/domain/queue/queues.ts";
import { eventually } from "../../contract/waiting.ts";
import { BareRouter } from "../../support/router/bare-router.ts";
import { busbar } from "../../support/router/command-line.ts";

const EVENT = '{"id":"e-1","source":"shop.checkout","detail":{"total":1.50}}';
const HEADERS = { "busbar-bus": "default", "busbar-rule": "keep", "busbar-target": "log", ERROR_CODE: "TIMEOUT" };
const QUEUE = DEAD_LETTER_QUEUE;

describe("/api/v1/jobs", () => {
  let router: BareRouter;
  before(async () => void (router = await BareRouter.start()));
  after(() => router.stop());
  afterEach(async () => {
    for (const { id } of await unfinished()) await ask("DELETE", `jobs/${id}`);
    await eventually("all have ended", async () => (await unfinished()).length === 0);
    for (const queue of [QUEUE, "orders"]) await router.broker.purge(queue);
  });

  const fetchApi = (method: string, path: string) => fetch(`${router.adminUrl}/api/v1/${path}`, { method });
  async function ask(method: string, path: string) {
    const response = await fetchApi(method, path);
    return { status: response.status, headers: response.headers, body: (await response.json()) as JobAnswer };
  }
  const problemOf = async (method: string, path: string): Promise<readonly unknown[]> => {
    const response = await fetchApi(method, path);
    return [response.status, ((await response.json()) as { readonly detail: string }).detail];
  };
  const list = async () => ((await (await fetchApi("GET", "jobs")).json()) as JobsAnswer).jobs;
  const unfinished = async () => (await list()).filter(({ endedAt }) => endedAt === undefined);
  const find = async (id: string) => (await ask("GET", `jobs/${id}`)).body;
  const inState = (id: string, state: JobAnswer["state"]) =>
    eventually(`it is ${state}`, async () => (await find(id)).state === state);
  const ready = async (queue: string) => (await router.broker.depth(queue))?.ready ?? 0;
  const fill = (count: number) =>
    router.broker.publish(
      Array.from({ length: count }, (_, n) => ({
        queue: QUEUE,
        id: `d-${n}`,
        headers: HEADERS,
        body: Buffer.from(EVENT),
      })),
    );

  it("a redrive is a job that anybody can ask for, and that says what it did", async () => {
    await fill(3);
    const { status, headers, body } = await ask("POST", `dead-letters/${QUEUE}/redrive?errorCode=TIMEOUT`);
    assert.equal(status, 202);
    assert.equal(headers.get("location"), `/api/v1/jobs/${body.id}`);
    await inState(body.id, "done");
    const { id, startedAt, endedAt, firstIds, ...job } = await find(body.id);
    assert.deepEqual(job, {
      kind: "redrive",
      queue: QUEUE,
      filter: { errorCode: "TIMEOUT" },
      to: "target",
      state: "done",
      looked: 3,
      left: 0,
      removed: 3,
      unredrivable: {},
      examples: [],
      router: "bare",
    });
    assert.ok(Date.parse(startedAt) <= Date.parse(endedAt ?? ""));
    assert.deepEqual(firstIds.toSorted(), ["d-0", "d-1", "d-2"]);
    assert.equal((await list())[0]?.id, id);
    assert.equal(await ready("orders"), 3);
  });

  it("a purge is a job too", async () => {
    await fill(3);
    const { body } = await ask("POST", `dead-letters/${QUEUE}/purge?id=d-1`);
    await inState(body.id, "done");
    const { kind, removed, looked } = await find(body.id);
    assert.deepEqual([kind, removed, looked, await ready(QUEUE)], ["purge", 1, 3, 2]);
  });

  it("a job that is paused holds nothing, and goes on at another rate", async () => {
    await fill(200);
    const { body } = await ask("POST", `dead-letters/${QUEUE}/redrive?ratePerSecond=20`);
    await eventually("some are redriven", async () => (await find(body.id)).removed > 2);
    const paused = await ask("PATCH", `jobs/${body.id}?paused=true`);
    assert.deepEqual([paused.status, paused.body.state], [200, "paused"]);
    const total = async () => (await ready(QUEUE)) + (await ready("orders"));
    await eventually("all it held is back", async () => (await total()) === 200);
    const { removed } = await find(body.id);
    assert.equal(await ready("orders"), removed);
    const faster = await ask("PATCH", `jobs/${body.id}?ratePerSecond=none&paused=false`);
    assert.deepEqual([faster.body.state, faster.body.ratePerSecond], ["running", undefined]);
    await inState(body.id, "done");
    assert.deepEqual([(await find(body.id)).removed, await ready("orders")], [200, 200]);
  });

  it("a job's rate can change while it runs", async () => {
    await fill(100);
    const { body } = await ask("POST", `dead-letters/${QUEUE}/redrive?ratePerSecond=1`);
    await eventually("it has begun", async () => (await find(body.id)).looked > 0);
    assert.equal((await ask("PATCH", `jobs/${body.id}?ratePerSecond=5000`)).body.ratePerSecond, 5_000);
    await inState(body.id, "done");
    assert.equal(await ready("orders"), 100);
  });

  it("a job that is stopped gives back what it holds", async () => {
    await fill(100);
    const { body } = await ask("POST", `dead-letters/${QUEUE}/redrive?ratePerSecond=10`);
    await eventually("some are redriven", async () => (await find(body.id)).removed > 0);
    assert.equal((await ask("DELETE", `jobs/${body.id}`)).status, 200);
    await inState(body.id, "stopped");
    const { removed } = await find(body.id);
    assert.deepEqual([await ready("orders"), await ready(QUEUE)], [removed, 100 - removed]);
    assert.equal((await ask("DELETE", `jobs/${body.id}`)).body.state, "stopped");
    assert.deepEqual(await problemOf("PATCH", `jobs/${body.id}?paused=true`), [409, "the job is stopped"]);
  });

  it("a second job at a queue is refused, and names the first", async () => {
    await fill(50);
    const { body } = await ask("POST", `dead-letters/${QUEUE}/redrive?ratePerSecond=1`);
    const busy = `a redrive of ${QUEUE} is running already: job ${body.id}`;
    assert.deepEqual(await problemOf("POST", `dead-letters/${QUEUE}/purge`), [409, busy]);
    assert.equal((await ask("POST", "dead-letters/empty/purge")).status, 202);
  });

  it("requests for jobs that make no sense are refused", async () => {
    await fill(50);
    const { body } = await ask("POST", `dead-letters/${QUEUE}/redrive?ratePerSecond=1`);
    const path = `jobs/${body.id}`;
    assert.deepEqual(await problemOf("GET", "jobs/none"), [404, 'there is no job "none", or it ended long ago']);
    for (const [query, detail] of [
      ["", "nothing to change: ratePerSecond and paused can be"],
      ["?ratePerSecond=0", 'ratePerSecond must be 1..10000 or none, got "0"'],
      ["?paused=yes", 'paused must be true or false, got "yes"'],
      ["?rate=1", 'unknown parameter "rate": known are ratePerSecond, paused'],
    ] as const) {
      assert.deepEqual(await problemOf("PATCH", `${path}${query}`), [400, detail]);
    }
  });

  it("busbar jobs lists, shows and changes jobs, and a command may leave its job alone", async () => {
    await fill(50);
    const run = (...args: readonly string[]) => busbar([...args, "--admin-url", router.adminUrl]);
    const started = await run("dead-letters", "redrive", "--rate", "1/s", "--detach");
    const id = started.stdout.trim();
    const goesOn = `the job goes on: \`busbar jobs follow ${id}\` shows it, \`busbar jobs stop ${id}\` stops it\n`;
    assert.deepEqual([started.code, started.stderr], [0, goesOn]);
    assert.match((await run("jobs", "list")).stdout, new RegExp(`^${id} +redrive +${QUEUE} +running .* 1/s `, "m"));
    assert.match((await run("jobs", "pause", id)).stdout, /^the redrive of busbar\.dead-letter is paused, \d+ done\n$/);
    assert.match((await run("jobs", "show", id)).stdout, /^state +paused$/m);
    assert.match((await run("jobs", "set-rate", id, "none")).stdout, /is paused/);
    await run("jobs", "resume", id);
    const followed = await run("jobs", "follow", id);
    assert.deepEqual([followed.code, followed.stdout], [0, `the redrive of ${QUEUE} is done, 50 done\n`]);
    assert.match((await run("jobs", "stop", id)).stdout, /is done/);
    assert.match((await run("jobs", "show", "none")).stderr, /there is no job "none"/);
  });

  it("a command says when its job was stopped", async () => {
    await fill(50);
    const running = busbar(["dead-letters", "redrive", "--rate", "1/s", "--admin-url", router.adminUrl]);
    await eventually("it runs", async () => (await unfinished()).length === 1);
    await busbar(["jobs", "stop", (await unfinished())[0]?.id ?? "", "--admin-url", router.adminUrl]);
    const { code, stderr } = await running;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^the job was stopped\n\d+ done so far, nothing is lost: run the same command again to go on\n$/m,
    );
  });
});
