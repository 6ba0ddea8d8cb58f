import { setTimeout as sleep } from "node:timers/promises";
import { CreateScheduleCommand } from "@aws-sdk/client-scheduler";
import { deriveId } from "../../../../src/app/process.ts";
import { createDatabase, startPostgres } from "../../../../test/support/store/postgres.ts";
import { schedulerClient } from "../../../../test/support/aws/scheduler-client.ts";
import { richConfiguration } from "../../configuration.ts";
import type { Context, Scenario } from "../../scenario.ts";
import type { Stage } from "../../stage.ts";

/** Until the first is due: two routers start meanwhile, and the schedules are made. */
const LEAD_MS = 45_000;
/** Of files and of the store, each second. */
const A_SECOND_EACH = 4;
/** How long after a due time a router is killed, in milliseconds, in turn. */
const KILL_MS = [0, 2, 5, 10, 20, 40, 80, 150];
const EVENTS_PER_SECOND = 10;

/** A one-time schedule that puts an event on the bus, which then goes to every kind of target. */
interface Planned {
  readonly name: string;
  readonly dueMs: number;
}

export const scheduleKill: Scenario = {
  name: "schedule-kill",
  description:
    "two routers fire schedules of files and of the store, and one after the other is killed as they are due: each due time is delivered",
  seconds: 40,
  async run(context) {
    const firstMs = Math.ceil((Date.now() + LEAD_MS) / 1_000) * 1_000;
    const ofFiles = plan("file", firstMs, context.seconds);
    const ofStore = plan("store", firstMs, context.seconds);
    const stage = await twoRouters(ofFiles, context);
    await makeOverTheApi(ofStore, stage);
    if (Date.now() > firstMs) throw new Error("the schedules were made too late to be killed as they are due");
    // The event of a due time has an id that is known before: it is accounted for as if it had been put.
    stage.alsoAccepted(
      [...ofFiles, ...ofStore].map(({ name, dueMs }) => deriveId(JSON.stringify(["schedule", name, dueMs]))),
    );
    stage.startLoad({ perSecond: EVENTS_PER_SECOND });
    const kills = await killAsTheyAreDue(stage, firstMs, context.seconds);
    const fired = (ofFiles.length + ofStore.length).toLocaleString("en");
    return {
      ...(await stage.account()),
      notes: [`${fired} due times, a router was killed ${kills} times as some were due`],
    };
  },
};

function plan(prefix: string, firstMs: number, seconds: number): readonly Planned[] {
  return Array.from({ length: seconds * A_SECOND_EACH }, (_, at) => ({
    name: `${prefix}-${at}`,
    dueMs: firstMs + Math.floor(at / A_SECOND_EACH) * 1_000,
  }));
}

async function twoRouters(ofFiles: readonly Planned[], context: Context): Promise<Stage> {
  const server = await startPostgres();
  context.after(() => server.remove());
  const broker = await (await context.rabbitMq()).newVhost();
  const store = await createDatabase(server.url, context);
  const schedules = ofFiles.map(
    ({ name, dueMs }) =>
      `  ${name}: { scheduleExpression: "${expressionOf(dueMs)}", target: { eventBus: default, source: faults, detailType: Due } }`,
  );
  const configuration = (url: string) => {
    const rich = richConfiguration(url);
    return { ...rich, yaml: `${rich.yaml}\nschedules:\n${schedules.join("\n")}\n` };
  };
  return context.stage({ broker, routers: 2, configuration, env: { BUSBAR_STORE: store } });
}

function expressionOf(dueMs: number): string {
  return `at(${new Date(dueMs).toISOString().slice(0, 19)})`;
}

async function makeOverTheApi(schedules: readonly Planned[], stage: Stage): Promise<void> {
  const client = schedulerClient(stage.router.publicUrl);
  const Target = {
    Arn: "arn:aws:events:us-east-1:000000000000:event-bus/default",
    RoleArn: "arn:aws:iam::000000000000:role/any",
    EventBridgeParameters: { Source: "faults", DetailType: "Due" },
  };
  for (const { name: Name, dueMs } of schedules) {
    const ScheduleExpression = expressionOf(dueMs);
    await client.send(
      new CreateScheduleCommand({ Name, ScheduleExpression, FlexibleTimeWindow: { Mode: "OFF" }, Target }),
    );
  }
  client.destroy();
}

/** @returns how often a router was killed. */
async function killAsTheyAreDue(stage: Stage, firstMs: number, seconds: number): Promise<number> {
  const endMs = firstMs + seconds * 1_000;
  let kills = 0;
  for (let dueMs = firstMs; dueMs < endMs; dueMs = Math.ceil((Date.now() + 500) / 1_000) * 1_000) {
    const router = stage.routers[kills % stage.routers.length];
    await sleep(dueMs + (KILL_MS[kills % KILL_MS.length] ?? 0) - Date.now());
    await router?.kill();
    kills += 1;
    await router?.launch();
  }
  if (kills < 2) throw new Error("no two routers were killed: the machine is too slow for so short a time");
  return kills;
}
