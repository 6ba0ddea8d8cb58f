import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../contract/waiting.ts";
import type { ScheduleListAnswer } from "../../../src/admin-api/configuration/schedules.ts";
import { busbar } from "../../support/router/command-line.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

const A_SECOND = 4;

/** One-time schedules, some each second: any other kind is due once a minute at most. */
interface Plan {
  readonly config: string;
  /** When each is due, epoch milliseconds, by its name. */
  readonly due: ReadonlyMap<string, number>;
}

/** @param before a plan that this one goes on with. */
function planFrom(firstMs: number, seconds: number, url: string, before?: Plan): Plan {
  const due = new Map(before?.due);
  const first = due.size;
  for (let at = 0; at < seconds * A_SECOND; at++)
    due.set(`s${first + at}`, firstMs + Math.floor(at / A_SECOND) * 1_000);
  const schedules = [...due].map(
    ([name, dueMs]) => `
  ${name}:
    scheduleExpression: at(${new Date(dueMs).toISOString().slice(0, 19)})
    target:
      function: worker
      input: { schedule: ${name}, time: <aws.scheduler.scheduled-time>, attempt: <aws.scheduler.attempt-number> }`,
  );
  return { config: `functions: { worker: { http: { url: "${url}" } } }\nschedules:${schedules.join("")}\n`, due };
}

interface Arrival {
  readonly schedule: string;
  readonly deliveryId: string;
  readonly atMs: number;
}

/** Calls as they arrive, with what each was given. */
async function startWorker(t: TestContext) {
  const arrivals: Arrival[] = [];
  const fn = await RecordingFunction.start((call, response) => {
    const { schedule } = call.body as { schedule: string };
    arrivals.push({ schedule, deliveryId: call.deliveryId, atMs: call.atMs });
    response.end();
  });
  t.after(() => fn.stop());
  return { url: fn.url, arrivals, calls: fn.calls };
}

/** Every due time came, none early, and again only with the same delivery id. */
function assertFired({ due }: Plan, arrivals: readonly Arrival[]): void {
  assert.deepEqual(new Set(arrivals.map(({ schedule }) => schedule)), new Set(due.keys()));
  for (const { schedule, atMs } of arrivals) {
    const dueMs = due.get(schedule) ?? Infinity;
    assert.ok(atMs >= dueMs, `${schedule} came ${dueMs - atMs} ms early`);
  }
  for (const [schedule, its] of Map.groupBy(arrivals, (arrival) => arrival.schedule)) {
    assert.equal(new Set(its.map(({ deliveryId }) => deliveryId)).size, 1, `${schedule} has several delivery ids`);
  }
}

const firedBy = (router: Router) => router.metricSum("busbar_schedules_fired_total");
const nextSecond = (inMs: number) => Math.ceil((Date.now() + inMs) / 1_000) * 1_000;
/** Time for a router to take over a configuration: what is due before that is not fired. */
const TAKE_OVER_MS = 5_000;
const untilMs = (epochMs: number) => sleep(Math.max(0, epochMs - Date.now()));

describe("Schedules of two routers on one RabbitMQ", () => {
  it("each due time is delivered, and never early, while the router that fires is killed and then both are away", async (t) => {
    const worker = await startWorker(t);
    const env = { BUSBAR_BROKER: await freshVhost(t, ["busbar.schedules", "busbar.function.worker"]) };
    const [one, two] = await Promise.all([Router.start({ config: "", env }), Router.start({ config: "", env })]);
    t.after(() => Promise.all([one.remove(), two.remove()]));
    const firstMs = nextSecond(TAKE_OVER_MS);
    const first = planFrom(firstMs, 3, worker.url);
    await Promise.all([one.configure(first.config), two.configure(first.config)]);

    const arrived = () => new Set(worker.arrivals.map(({ schedule }) => schedule)).size;
    await eventually("the first are there", () => arrived() >= A_SECOND, 60_000);
    const counts = await Promise.all([firedBy(one), firedBy(two)]);
    assert.equal(counts.filter((count) => count > 0).length, 1, `one router fires, not ${JSON.stringify(counts)}`);
    const [owner, other] = counts[0] > 0 ? [one, two] : [two, one];
    await untilMs(nextSecond(300));
    await owner.kill();
    // However slow the machine is, some are due after the one kill, and some after the other.
    const second = planFrom(nextSecond(TAKE_OVER_MS), 3, worker.url, first);
    await other.configure(second.config);
    await eventually("the other goes on", () => arrived() > first.due.size, 60_000);
    await untilMs(nextSecond(300));
    await other.kill();
    const plan = planFrom(nextSecond(0), 2, worker.url, second);
    await owner.configure(plan.config);
    await untilMs(Math.max(...plan.due.values()) + 2_000);
    await owner.launch();
    await eventually("all are there", () => arrived() === plan.due.size, 60_000);
    assertFired(plan, worker.arrivals);
    assert.ok((await owner.metricSum("busbar_schedule_lateness_seconds_sum")) > 1, "the late ones say so");
    const call = worker.calls.find(({ body }) => (body as { schedule: string }).schedule === "s0");
    assert.deepEqual(call?.body, {
      schedule: "s0",
      time: new Date(firstMs).toISOString().replace(".000", ""),
      attempt: "1",
    });
  });
});

describe("Schedules on the embedded broker", () => {
  it("each due time is delivered when the router is killed as it is due and starts again", async (t) => {
    const worker = await startWorker(t);
    const router = await Router.start({ config: "" });
    t.after(() => router.remove());
    const plan = planFrom(nextSecond(1_500), 5, worker.url);
    await router.configure(plan.config);
    await eventually("the first is there", () => worker.arrivals.length > 0, 20_000);
    await untilMs(nextSecond(200));
    await router.kill();
    await router.launch();
    const arrived = () => new Set(worker.arrivals.map(({ schedule }) => schedule)).size;
    await eventually("all are there", () => arrived() === plan.due.size, 20_000);
    assertFired(plan, worker.arrivals);

    const shown = await busbar(["schedules", "s0", "--admin-url", router.adminUrl]);
    assert.match(shown.stdout, /^SCHEDULE .*\ns0 +at\(.*\) +UTC +function\/worker +never /);
    const page = (await (
      await fetch(`${router.adminUrl}/api/v1/schedules?limit=2&after=s0`)
    ).json()) as ScheduleListAnswer;
    assert.deepEqual([page.schedules.map(({ name }) => name), page.next], [["s1", "s10"], "s10"]);
    const all = JSON.parse(
      (await busbar(["schedules", "--json", "--admin-url", router.adminUrl])).stdout,
    ) as ScheduleListAnswer;
    assert.equal(all.schedules.length, plan.due.size);
    assert.equal(all.schedules.find(({ name }) => name === "s19")?.last?.dueMs, plan.due.get("s19"));

    await router.configure(`${plan.config}  daily:
    scheduleExpression: cron(30 9 * * ? *)
    scheduleExpressionTimezone: Asia/Tokyo
    target: { function: worker, deadLetterConfig: { queue: dead } }
queues: { dead: {} }
`);
    await eventually(
      "the new one is shown",
      async () => (await busbar(["schedules", "daily", "--admin-url", router.adminUrl])).code === 0,
    );
    const daily = await busbar(["schedules", "daily", "--json", "--admin-url", router.adminUrl]);
    const [listed] = (JSON.parse(daily.stdout) as ScheduleListAnswer).schedules;
    assert.equal(listed?.due.length, 10);
    for (const { atMs, local } of listed.due) {
      assert.equal(new Date(atMs).toISOString().slice(11, 19), "00:30:00");
      assert.equal(local.slice(11), "09:30:00");
    }
    assert.deepEqual(listed.target, { kind: "function", name: "worker", deadLetterQueue: "dead" });
    const unknown = await busbar(["schedules", "nightly", "--admin-url", router.adminUrl]);
    assert.deepEqual([unknown.code, unknown.stderr], [1, 'there is no schedule "nightly"\n']);
  });
});
