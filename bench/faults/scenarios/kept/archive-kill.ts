import { setTimeout as sleep } from "node:timers/promises";
import type { JobAnswer } from "../../../../src/admin-api/queues/jobs.ts";
import { eventually } from "../../../../test/contract/waiting.ts";
import type { Configuration } from "../../configuration.ts";
import { delivered, richConfiguration } from "../../configuration.ts";
import { askJob } from "../../jobs/ask-job.ts";
import type { Scenario } from "../../scenario.ts";
import type { Stage } from "../../stage.ts";

/** A single RabbitMQ node writes its list of queues half a second late: killed before that, it forgets a new queue. */
const QUEUE_AGE_MS = 2_000;
const KILL_EVERY_MS = 2_000;
const EVENTS_PER_SECOND = 30;
const ARCHIVE = "everything";
/** The rule, target and queue that replayed events go to, and no others do. */
const ARCHIVED = "archived";
/** Events have whole seconds: those of the later load are to have later ones than the window of the replay. */
const SECOND_MS = 1_000;
const REPLAYED_MS_MAX = 180_000;

export const archiveKill: Scenario = {
  name: "archive-kill",
  description:
    "routers with an archive of everything are killed again and again, then RabbitMQ is: afterwards a replay brings every accepted event",
  seconds: 20,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const broker = await rabbitMq.newVhost();
    const stage = await context.stage({ broker, routers: 2, configuration: archivedConfiguration });
    const fromMs = Date.now();
    const load = stage.startLoad({ perSecond: EVENTS_PER_SECOND });
    await sleep(QUEUE_AGE_MS);
    await stage.flows();
    const kills = await killInTurn(stage, context.seconds / 2);

    await rabbitMq.kill();
    await load.refused();
    await sleep((context.seconds * 1_000) / 2);
    await rabbitMq.start();
    await stage.flows();

    load.stop();
    await load.done;
    const accepted = load.accepted.size;
    const replayed = await replayAll(stage, fromMs);
    const notes = [
      `a router was killed ${kills} times, RabbitMQ once`,
      `${accepted} events had been accepted, and the archive brought ${replayed}`,
    ];
    return { ...(await stage.account()), notes };
  },
};

/** Each event has the usual ends, and one in the queue of the archived ones. */
function archivedConfiguration(functionsUrl: string): Configuration {
  const rules = `  ${ARCHIVED}: { eventPattern: { source: [faults], replay-name: [${ARCHIVE}] }, targets: { ${ARCHIVED}: { queue: ${ARCHIVED} } } }`;
  const { yaml, ends, queues } = richConfiguration(functionsUrl, { rules });
  return {
    yaml: `${yaml.replace("queues:\n", `queues:\n  ${ARCHIVED}: {}\n`)}\narchives: { ${ARCHIVE}: { bus: default } }\n`,
    ends: new Map([...ends, [ARCHIVED, delivered(`queue/${ARCHIVED}`)]]),
    queues: [...queues, ARCHIVED],
  };
}

/** Replays all that the load has put to the one rule, while other events come. @returns how many events were replayed. */
async function replayAll(stage: Stage, fromMs: number): Promise<number> {
  const [from, to] = [new Date(fromMs - SECOND_MS).toISOString(), new Date().toISOString()];
  await sleep(2 * SECOND_MS);
  const path = `archives/${ARCHIVE}/replays?name=${ARCHIVE}&from=${from}&to=${to}&rules=${ARCHIVED}`;
  const { id } = await askJob(stage.router, "POST", path);
  const later = stage.startLoad({ perSecond: EVENTS_PER_SECOND });
  const usual = [...stage.configuration.ends].filter(([target]) => target !== ARCHIVED);
  stage.ledger.expect(later.accepted, new Map(usual));
  const job = (): Promise<JobAnswer> => askJob(stage.router, "GET", `jobs/${id}`);
  await eventually("the replay is done", async () => (await job()).state === "done", REPLAYED_MS_MAX);
  return (await job()).removed;
}

/** @returns how often a router was killed. */
async function killInTurn({ routers }: Stage, seconds: number): Promise<number> {
  const endMs = performance.now() + seconds * 1_000;
  let kills = 0;
  while (performance.now() < endMs || kills < routers.length) {
    const router = routers[kills % routers.length];
    await sleep(KILL_EVERY_MS);
    await router?.kill();
    kills += 1;
    await router?.launch();
  }
  return kills;
}
