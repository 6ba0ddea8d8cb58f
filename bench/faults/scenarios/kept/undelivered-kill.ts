import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReplayCountAnswer } from "../../../../src/admin-api/replays/replays.ts";
import { JOURNAL } from "../../../../src/domain/queue/queues.ts";
import { eventually } from "../../../../test/contract/waiting.ts";
import type { Router } from "../../../../test/support/router/router.ts";
import type { Configuration } from "../../configuration.ts";
import { delivered } from "../../configuration.ts";
import { askJob } from "../../jobs/ask-job.ts";
import type { Member } from "../../jobs/members.ts";
import { twoRouters } from "../../jobs/members.ts";
import type { KillPoint } from "../../jobs/owner-kills.ts";
import { advance, doneAt, killOwners, takeRateAway } from "../../jobs/owner-kills.ts";
import { ARCHIVED, publishPoints, putArchived, REPLAY, replayPath } from "../../jobs/replayed.ts";
import type { Scenario } from "../../scenario.ts";
import type { Stage } from "../../stage.ts";

const EVENTS_PER_SECOND = 10;
const DONE_MS_MAX = 120_000;
/** Each second archived event fails there at first. */
const LATE = "late";
const LATE_EVENTS = ARCHIVED / 2;
const LETTERS = "late-letters";

const KILL_POINTS: readonly KillPoint[] = [
  {
    name: "it reads what was delivered, and has sent nothing",
    moment: { direction: "toRouter", method: "basic.deliver", queue: JOURNAL, nth: 3, passes: false },
  },
  ...publishPoints(`busbar.function.${LATE}`),
  { name: "sent and called, but its successes are not in the journal", reached: unwritten },
  { name: "it waits for its rate", reached: advance },
  { name: "taken over, and sends on", reached: advance },
];

export const undeliveredKill: Scenario = {
  name: "undelivered-kill",
  description:
    "what is not delivered of an archive is replayed, and the router that owns the replay is killed again and again: what one target did not get arrives there, and what was delivered does not come again",
  seconds: 0,
  async run(context) {
    const { stage, ...members } = await twoRouters(context, undeliveredConfiguration);
    const fromMs = Date.now();
    await makeUndelivered(stage);
    const toMs = Date.now();
    // Events have whole seconds: those of the load are to have later ones.
    await sleep(1_000);
    const path = `${replayPath({ fromMs, toMs })}&onlyUndelivered=true`;
    await journalHasAll(stage.router, path);
    const [begun] = await killOwners(
      members,
      KILL_POINTS,
      async (router) => {
        const job = await askJob(router, "POST", path);
        stage.startLoad({ perSecond: EVENTS_PER_SECOND });
        return [job];
      },
      context,
    );
    await takeRateAway(members.two.router, begun);
    const { router, removed, leftOut } = await doneAt(members.two.router, begun, DONE_MS_MAX);
    assert.notEqual(router, begun.router, "the replay ended on another router");
    assert.equal(leftOut?.unknown, 0, "the journal knows of each event");

    const facts = await stage.account();
    const again = (stage.functions.succeeded.get(LATE) ?? 0) - ARCHIVED;
    const notes = [
      ...KILL_POINTS.map(({ name }) => `killed: ${name}`),
      `the replay counts ${removed} of ${LATE_EVENTS}, of which ${again} were delivered twice`,
    ];
    return { ...facts, notes };
  },
};

/** Each archived event goes to two functions, and events of the load to one of them. */
function undeliveredConfiguration(functionsUrl: string): Configuration {
  const yaml = `
journal: {}
functions:
  healthy: { http: { url: "${functionsUrl}/healthy" }, concurrency: 20 }
  ${LATE}: { http: { url: "${functionsUrl}/${LATE}" }, concurrency: 20, circuitBreaker: false }
queues: { ${LETTERS}: {} }
archives: { ${REPLAY.archive}: { bus: default } }
rules:
  healthy: { eventPattern: { source: [faults] }, targets: { healthy: { function: healthy } } }
  ${LATE}:
    eventPattern: { source: [faults], detail: { isOld: [true] } }
    targets: { ${LATE}: { function: ${LATE}, deadLetterConfig: { queue: ${LETTERS} } } }
`;
  return {
    yaml,
    ends: new Map([["healthy", delivered("function/healthy")]]),
    queues: [LETTERS, "busbar.dead-letter"],
  };
}

/** Puts the events that the replay is about. A second delivery of one that succeeded has another id, which the account finds. */
async function makeUndelivered(stage: Stage): Promise<void> {
  const { functions, configuration, router } = stage;
  functions.before(({ name, detail }, response) => {
    if (name !== LATE || detail["isLate"] !== true) return true;
    response.writeHead(400).end();
    return false;
  });
  const ends = (places: readonly string[]) => new Map([...configuration.ends, [LATE, delivered(...places)]]);
  const half = (isLate: boolean) => () => ({ source: "faults", detail: { isOld: true, isLate } });
  await putArchived(stage, half(true), ends([`function/${LATE}`, `queue/${LETTERS}`]), LATE_EVENTS);
  await putArchived(stage, half(false), ends([`function/${LATE}`]), LATE_EVENTS);
  const areTried = async (): Promise<boolean> =>
    functions.succeeded.get(LATE) === ARCHIVED - LATE_EVENTS && (await router.depth(LETTERS)) === LATE_EVENTS;
  await eventually("all are tried", areTried, 60_000);
  functions.open();
}

/** Resolves when the journal has all that was delivered so far: what it does not have would come again. */
async function journalHasAll(router: Router, path: string): Promise<void> {
  const query = path.slice(path.indexOf("?")).replace(/&ratePerSecond=\d+/, "");
  const hasAll = async (): Promise<boolean> => {
    const url = `${router.adminUrl}/api/v1/archives/${REPLAY.archive}/replays/count${query}`;
    const answer = await fetch(url, { method: "POST" });
    const { events, leftOut } = (await answer.json()) as ReplayCountAnswer;
    return events === LATE_EVENTS && leftOut?.delivered === ARCHIVED - LATE_EVENTS && leftOut.unknown === 0;
  };
  await eventually("the journal has what was delivered", hasAll, 60_000);
}

/** What the router writes next into the journal is lost with it. */
async function unwritten(id: string, owner: Member): Promise<void> {
  await advance(id, owner);
  await owner.proxy.interruptAt(
    { direction: "toBroker", method: "basic.publish", queue: JOURNAL, passes: false },
    "hold",
  );
}
