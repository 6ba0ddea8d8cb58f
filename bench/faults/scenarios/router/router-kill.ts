import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import { AmqpProxy } from "../../../../test/support/rabbitmq/amqp-proxy.ts";
import type { CrashPoint } from "../../crash-points.ts";
import { CRASH_POINTS, EMBEDDED_CRASH_POINTS } from "../../crash-points.ts";
import type { Context, Facts, Scenario } from "../../scenario.ts";
import type { Stage } from "../../stage.ts";
import { together } from "../../together.ts";

/** Deliveries between two crashes, so that each one meets a router at work. */
const DELIVERIES_BETWEEN = 20;
/** After how long of a put, in milliseconds, a router with an embedded broker is killed. */
const PUT_MS = [0, 1, 2, 3, 5, 8];
/** With less time than this, a round is of the telling points alone. */
const ALL_POINTS_SECONDS_MIN = 60;

export const routerKill: Scenario = {
  name: "router-kill",
  description: "a router is killed with SIGKILL at every step of both journeys, round after round",
  seconds: 60,
  ciSeconds: 1,
  async run(context) {
    const onRabbitMq = await killOnRabbitMq(context);
    const embedded = await killEmbedded(context);
    return together(onRabbitMq, embedded);
  },
};

async function killOnRabbitMq(context: Context): Promise<Facts> {
  const directBroker = await (await context.rabbitMq()).newVhost();
  const proxy = await AmqpProxy.start(directBroker);
  context.after(() => proxy.close());
  const stage = await context.stage({ broker: proxy.through(directBroker), directBroker });
  stage.startLoad();
  const points = chosen(CRASH_POINTS, context);
  const rounds = await inRounds(context.seconds, async () => {
    for (const point of points) {
      await stage.flows(DELIVERIES_BETWEEN);
      if (point.ofSuspects) await makeSuspects(stage, proxy, point);
      else await reached(stage, point, proxy);
      await stage.router.kill();
      await proxy.drop();
      stage.functions.open();
      await stage.router.launch();
    }
  });
  const notes = points.map(({ name }) => `on RabbitMQ, killed ${rounds} time(s): ${name}`);
  return { ...(await stage.account()), notes };
}

async function killEmbedded(context: Context): Promise<Facts> {
  const stage = await context.stage({ broker: "embedded" });
  stage.startLoad();
  const points = chosen(EMBEDDED_CRASH_POINTS, context);
  const rounds = await inRounds(context.seconds / 4, async () => {
    for (const point of points) {
      await stage.flows(DELIVERIES_BETWEEN);
      await reached(stage, point);
      await relaunch(stage);
    }
    for (const ms of PUT_MS) {
      await stage.flows(DELIVERIES_BETWEEN);
      const put = stage.put([{ source: "faults", detail: {} }]);
      await sleep(ms);
      await relaunch(stage);
      await put;
    }
  });
  const steps = [...points.map(({ name }) => name), `${PUT_MS.join(", ")} ms after a put was begun`];
  const notes = steps.map((name) => `embedded, killed ${rounds} time(s): ${name}`);
  return { ...(await stage.account()), notes };
}

function chosen(points: readonly CrashPoint[], { seconds }: Context): readonly CrashPoint[] {
  return seconds < ALL_POINTS_SECONDS_MIN ? points.filter(({ telling }) => telling) : points;
}

async function relaunch(stage: Stage): Promise<void> {
  await stage.router.kill();
  stage.functions.open();
  await stage.router.launch();
}

/** Plays at least one round, and no new one when the time is over. Resolves with how many there were. */
async function inRounds(seconds: number, round: () => Promise<void>): Promise<number> {
  const deadlineMs = performance.now() + seconds * 1_000;
  for (let rounds = 1; ; rounds++) {
    await round();
    if (performance.now() >= deadlineMs) return rounds;
  }
}

/** Resolves when the router is at the point, and leaves it there. */
async function reached(stage: Stage, { name, moment, call }: CrashPoint, proxy?: AmqpProxy): Promise<void> {
  if (moment !== undefined) return proxy?.interruptAt(moment, "hold");
  let seen = false;
  stage.functions.before(({ name: called, attempt }) => {
    if (call === undefined || called !== call.name || attempt !== call.attempt) return true;
    seen = true;
    return call.answered;
  });
  await eventually(name, () => seen, 30_000);
}

/** A crash with calls in hand makes suspects of them, and the next router is stopped at the point, mostly while it starts. */
async function makeSuspects(stage: Stage, proxy: AmqpProxy, point: CrashPoint): Promise<void> {
  let held = 0;
  stage.functions.before(({ name }) => name !== "healthy" || ++held === 0);
  await eventually("calls are held", () => held > 2);
  await stage.router.kill();
  stage.functions.open();
  const stopped = reached(stage, point, proxy);
  // It is killed before it listens, or after.
  const launched = stage.router.launch().catch(() => undefined);
  await stopped;
  await stage.router.kill();
  await launched;
}
