import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JobAnswer } from "../../../src/admin-api/queues/jobs.ts";
import { eventually } from "../../contract/waiting.ts";
import { busbar } from "../../support/router/command-line.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction, succeed } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

const COUNT = 300;
/** Longer than others wait for a silent owner, and then for what it held. */
const TAKE_OVER_MS = 120_000;

describe("Jobs of two routers on one RabbitMQ", () => {
  it("a redrive goes on in another router when its own one stops or is killed, and loses nothing", async (t) => {
    const mended = { is: false };
    const fn = await RecordingFunction.start((call, response) => {
      if (mended.is) return succeed(call, response);
      response.writeHead(400).end();
    });
    t.after(() => fn.stop());
    const config = `
queues: { failed: {} }
functions:
  fragile: { http: { url: "${fn.url}" }, deadLetterConfig: { queue: failed } }
rules:
  all: { eventPattern: { source: [test] }, targets: { f: { function: fragile } } }
`;
    const env = { BUSBAR_BROKER: await freshVhost(t, ["busbar.function.fragile", "failed"]) };
    const [one, two] = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
    t.after(() => Promise.all([one.remove(), two.remove()]));
    const ask = async (router: Router, method: string, path: string): Promise<JobAnswer> =>
      (await (await fetch(`${router.adminUrl}/api/v1/${path}`, { method })).json()) as JobAnswer;

    for (let sent = 0; sent < COUNT; sent += 10) {
      await one.put(Array.from({ length: 10 }, (_, n) => ({ detail: { n: sent + n } })));
    }
    await eventually("all are dead", async () => (await one.depth("failed")) === COUNT, 30_000);
    const put = new Set(fn.eventIds);
    mended.is = true;
    const redriven = () => fn.calls.filter(({ headers }) => headers["busbar-redriven"] === "1");
    const arrived = () => new Set(redriven().map(({ eventId }) => eventId)).size;

    // Any router answers for a job, changes it, and refuses another one at its queue.
    const { id, router: first } = await ask(one, "POST", "dead-letters/failed/redrive?ratePerSecond=20");
    await eventually(
      "the other router shows its progress",
      async () => (await ask(two, "GET", `jobs/${id}`)).removed > 5,
    );
    assert.equal((await ask(two, "GET", `jobs/${id}`)).router, first);
    assert.match(
      JSON.stringify(await ask(two, "POST", "dead-letters/failed/purge")),
      new RegExp(`"status":409.*${id}`),
    );
    await ask(two, "PATCH", `jobs/${id}?paused=true`);
    await eventually("it holds nothing", async () => (await two.depth("failed")) === COUNT - arrived());
    assert.equal((await ask(one, "GET", `jobs/${id}`)).state, "paused");
    await ask(two, "PATCH", `jobs/${id}?paused=false`);

    // A router that stops gives its jobs to the others at once.
    await one.stop();
    await eventually("the other one has it", async () => (await ask(two, "GET", `jobs/${id}`)).router !== first);
    const atStop = arrived();
    await eventually("it goes on", () => arrived() > atStop + 10);

    // One that is killed is missed after a while.
    await one.launch();
    // The log has a job's progress each half a minute; a router that has just started hears of the rest within a second.
    const { removed } = await ask(two, "GET", `jobs/${id}`);
    await eventually("it has heard of it", async () => (await ask(one, "GET", `jobs/${id}`)).removed >= removed);
    await two.kill();
    await eventually("what it held is back", async () => (await one.depth("failed")) >= COUNT - arrived());
    const ended = busbar(["jobs", "follow", id, "--json", "--admin-url", one.adminUrl]);
    await ask(one, "PATCH", `jobs/${id}?ratePerSecond=none`);
    await eventually("all arrived", () => arrived() === COUNT, TAKE_OVER_MS);
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 0, stderr);
    const job = JSON.parse(stdout) as JobAnswer;
    assert.equal(job.state, "done");
    assert.deepEqual(new Set(redriven().map(({ eventId }) => eventId)), put);
    // What the killed router did in its last second may not be counted, and what it did not finish is done again.
    assert.ok(job.removed > COUNT - 30 && job.removed <= redriven().length, `${job.removed} counted`);
    assert.ok(redriven().length <= COUNT + 50, `${redriven().length} redriven`);
    assert.equal(await one.depth("failed"), 0);
    await one.logged("the end", ({ jobId, msg }) => jobId === id && msg === "job ended");
    assert.deepEqual(
      one.log.filter(({ jobId }) => jobId === id).map(({ msg }) => msg),
      ["job started", "job changed", "job taken over", "job ended"],
    );
  });
});

describe("Jobs on the embedded broker", () => {
  it("a job outlives a kill of the router, paused as it was", async (t) => {
    const refusing = await RecordingFunction.start((_call, response) => void response.writeHead(400).end());
    t.after(() => refusing.stop());
    const config = `
queues: { failed: {} }
functions:
  refusing: { http: { url: "${refusing.url}" }, deadLetterConfig: { queue: failed } }
rules:
  all: { eventPattern: { source: [test] }, targets: { f: { function: refusing } } }
`;
    const router = await Router.start({ config });
    t.after(() => router.remove());
    const run = (...args: readonly string[]) => busbar([...args, "--json", "--admin-url", router.adminUrl]);
    const jobIn = async (...args: readonly string[]) => JSON.parse((await run(...args)).stdout) as JobAnswer;
    await router.put(Array.from({ length: 10 }, (_, n) => ({ detail: { n } })));
    await eventually("all are dead", async () => (await router.depth("failed")) === 10, 30_000);
    const { id } = await jobIn("dead-letters", "redrive", "--queue", "failed", "--rate", "1/s", "--detach");
    await run("jobs", "pause", id);
    await router.kill();
    await router.launch();
    const paused = await jobIn("jobs", "show", id);
    assert.equal(paused.state, "paused");
    await run("jobs", "stop", id);
    await eventually("it is stopped", async () => (await jobIn("jobs", "show", id)).state === "stopped");
    const purge = await jobIn("dead-letters", "purge", "--queue", "failed", "--yes");
    assert.equal(purge.state, "done");
    assert.equal(await router.depth("failed"), 0);
  });
});
