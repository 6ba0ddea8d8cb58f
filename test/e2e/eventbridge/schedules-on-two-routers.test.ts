import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateScheduleCommand } from "@aws-sdk/client-scheduler";
import { connect } from "amqplib";
import type { ScheduleListAnswer } from "../../../src/admin-api/configuration/schedules.ts";
import { eventually } from "../../contract/waiting.ts";
import { busbar } from "../../support/router/command-line.ts";
import type { PostgresServer } from "../../support/store/postgres-server.ts";
import { createDatabase, startPostgres } from "../../support/store/postgres.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";
import { schedulerClient } from "../../support/aws/scheduler-client.ts";

/** Long enough for a slow machine to make them, and to kill both routers between the first and the last. */
const LEAD_MS = 8_000;
const SECONDS = 8;
const A_SECOND = 4;
/** A claim of a router that was killed ends after 15 s. */
const RECOVERY_MS = 90_000;

interface Arrival {
  readonly deliveryId: string;
  readonly atMs: number;
}

describe("Schedules of the store on two routers, on RabbitMQ and PostgreSQL", { timeout: 240_000 }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.remove());

  it("each due time is delivered, never early, and again only with its id, while one router after the other is killed", async (t) => {
    const arrivals = new Map<string, Arrival[]>();
    const worker = await RecordingFunction.start((call, response) => {
      const { schedule } = call.body as { schedule: string };
      arrivals.set(schedule, [...(arrivals.get(schedule) ?? []), { deliveryId: call.deliveryId, atMs: call.atMs }]);
      response.end();
    });
    t.after(() => worker.stop());
    const config = `functions: { worker: { http: { url: "${worker.url}" } } }\n`;
    const env = {
      BUSBAR_BROKER: await freshVhost(t, ["busbar.function.worker"]),
      BUSBAR_STORE: await createDatabase(server.url, t),
    };
    const [one, two] = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
    t.after(() => Promise.all([one.remove(), two.remove()]));
    const [first, second] = [schedulerClient(one.publicUrl), schedulerClient(two.publicUrl)] as const;
    t.after(() => [first, second].forEach((client) => client.destroy()));

    // Some are made while others are due already.
    const firstMs = Math.ceil(Date.now() / 1_000) * 1_000 + LEAD_MS;
    const dueMs = new Map<string, number>();
    for (let at = 0; at < SECONDS * A_SECOND; at++) dueMs.set(`s${at}`, firstMs + Math.floor(at / A_SECOND) * 1_000);
    const creating = [...dueMs].map(([name, atMs], at) =>
      (at % 2 === 0 ? first : second).send(
        new CreateScheduleCommand({
          Name: name,
          ScheduleExpression: `at(${new Date(atMs).toISOString().slice(0, 19)})`,
          FlexibleTimeWindow: { Mode: "OFF" },
          ActionAfterCompletion: at % 2 === 0 ? "NONE" : "DELETE",
          Target: {
            Arn: "arn:aws:lambda:us-east-1:000000000000:function:worker",
            RoleArn: "arn:aws:iam::000000000000:role/any",
            Input: JSON.stringify({ schedule: name }),
          },
        }),
      ),
    );
    await Promise.all(creating);
    assert.ok(Date.now() < firstMs, "they are made before the first is due, or the test proves nothing");

    await sleep(firstMs - Date.now());
    await eventually("the first are there", () => arrivals.size >= A_SECOND / 2);
    await one.kill();
    const before = arrivals.size;
    await eventually("the other goes on", () => arrivals.size > before);
    await two.kill();
    assert.ok(arrivals.size < dueMs.size, "some are left for the next start");
    await Promise.all([one.launch(), two.launch()]);
    await eventually("all are there", () => arrivals.size === dueMs.size, RECOVERY_MS);

    for (const [name, its] of arrivals) {
      assert.equal(new Set(its.map(({ deliveryId }) => deliveryId)).size, 1, `${name} has several delivery ids`);
      for (const { atMs } of its) assert.ok(atMs >= (dueMs.get(name) ?? Infinity), `${name} came early`);
    }
    const left = async (): Promise<readonly string[]> => {
      const answer = await fetch(`${one.adminUrl}/api/v1/schedules?limit=100`);
      return ((await answer.json()) as ScheduleListAnswer).schedules.map(({ name }) => name);
    };
    const kept = [...dueMs.keys()].filter((_, at) => at % 2 === 0).sort();
    await eventually("those that end with their firing are deleted", async () => (await left()).join() === kept.join());
    const page = await fetch(`${one.adminUrl}/api/v1/schedules?limit=2&after=s0`);
    assert.equal(((await page.json()) as ScheduleListAnswer).next, "s12");
    const shown = await busbar(["schedules", "s0", "--admin-url", two.adminUrl]);
    assert.match(shown.stdout, /\ns0 +at\(.*\) +UTC +function\/worker +never /);
  });

  it("what a target does not take has the schedule's retries on RabbitMQ, and then is its dead letter", async (t) => {
    const config = `
functions: { away: { http: { url: "http://127.0.0.1:9/" } } }
queues: { full: {}, failed: {} }
`;
    const broker = await freshVhost(t, ["busbar.function.away", "full", "failed"]);
    const connection = await connect(broker);
    const channel = await connection.createChannel();
    await channel.assertQueue("full", {
      durable: true,
      arguments: { "x-max-length": 1, "x-overflow": "reject-publish" },
    });
    channel.sendToQueue("full", Buffer.from("in the way"));
    await channel.close();
    await connection.close();
    const router = await Router.start({
      config,
      env: { BUSBAR_BROKER: broker, BUSBAR_STORE: await createDatabase(server.url, t) },
    });
    t.after(() => router.remove());
    const client = schedulerClient(router.publicUrl);
    t.after(() => client.destroy());
    const policies = [
      ["arn:aws:lambda:us-east-1:000000000000:function:away", 1],
      ["arn:aws:sqs:us-east-1:000000000000:full", 0],
    ] as const;
    for (const [Arn, MaximumRetryAttempts] of policies) {
      await client.send(
        new CreateScheduleCommand({
          Name: `to-${Arn.slice(Arn.lastIndexOf(":") + 1)}`,
          ScheduleExpression: "rate(1 hour)",
          FlexibleTimeWindow: { Mode: "OFF" },
          Target: {
            Arn,
            RoleArn: "arn:aws:iam::000000000000:role/any",
            RetryPolicy: { MaximumRetryAttempts },
            DeadLetterConfig: { Arn: "arn:aws:sqs:us-east-1:000000000000:failed" },
          },
        }),
      );
    }
    await eventually("both dead letters are there", async () => (await router.depth("failed")) === 2, RECOVERY_MS);
    const letters = (await router.receive("failed")).map(({ headers }) =>
      ["SCHEDULE_ARN", "TARGET_ARN", "ERROR_CODE", "RETRY_ATTEMPTS"].map((name) => headers[name]).join(" "),
    );
    const schedule = "arn:aws:scheduler:us-east-1:000000000000:schedule/default";
    const [[away], [full]] = policies;
    assert.deepEqual(letters.sort(), [
      `${schedule}/to-away ${away} CONNECTION_FAILURE 1`,
      `${schedule}/to-full ${full} THROTTLING 0`,
    ]);
  });
});
