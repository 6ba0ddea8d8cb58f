import assert from "node:assert/strict";
import type { JobAnswer } from "../../../../src/admin-api/queues/jobs.ts";
import type { Moment } from "../../../../test/support/rabbitmq/amqp-proxy.ts";
import type { Router } from "../../../../test/support/router/router.ts";
import { askJob } from "../../jobs/ask-job.ts";
import { LETTERS, letterConfiguration, makeLetters, PURGED, REDRIVEN } from "../../jobs/letters.ts";
import { twoRouters } from "../../jobs/members.ts";
import type { KilledJobs, KillPoint } from "../../jobs/owner-kills.ts";
import { advance, doneAt, JOB_PER_SECOND, killOwners, pause, resume, takeRateAway } from "../../jobs/owner-kills.ts";
import type { Scenario } from "../../scenario.ts";
import type { Stage } from "../../stage.ts";

const EVENTS_PER_SECOND = 10;
/** What a router did in the second before it died may not be counted; the rest is for a sign that came late. */
const UNCOUNTED_SECONDS = 2;
/** A purge has no rate. It is killed within its first second, at this message. */
const PURGED_BEFORE_KILL = 70;
/** A purge counts what it has acked, whether or not the ack arrives. It acks so many at a time. */
const PURGE_STEP = 50;
/** After an interruption a job looks once more a minute later. */
const DONE_MS_MAX = 150_000;

const ackOf = (queue: string, nth: number, passes: boolean): Moment => {
  return { direction: "toBroker", method: "basic.ack", queue, nth, passes };
};

const KILL_POINTS: readonly KillPoint[] = [
  { name: "both have just begun, the purge has deleted nothing", moment: ackOf(PURGED.queue, 1, false) },
  { name: "the purge has deleted some", moment: ackOf(PURGED.queue, PURGED_BEFORE_KILL, false) },
  { name: "the redrive browses", reached: advance },
  { name: "redriven and confirmed, ack not forwarded", moment: ackOf(REDRIVEN.queue, 5, false) },
  { name: "redriven, ack forwarded", moment: ackOf(REDRIVEN.queue, 5, true) },
  { name: "the redrive is paused", reached: pause },
  { name: "taken over while it was paused, and resumed", reached: resume },
];

export const jobKill: Scenario = {
  name: "job-kill",
  description:
    "a redrive and a purge of some of the dead letters in a queue, and the router that owns them is killed again and again: each dead letter is where it has to be",
  seconds: 0,
  async run(context) {
    const { stage, ...members } = await twoRouters(context, letterConfiguration);
    await makeLetters(stage);
    const begin = async (router: Router): Promise<KilledJobs> => {
      const jobs = await startJobs(router);
      // What comes from now on is none of the jobs' business.
      stage.startLoad({ perSecond: EVENTS_PER_SECOND });
      return jobs;
    };
    const begun = await killOwners(members, KILL_POINTS, begin, context);
    await takeRateAway(members.two.router, begun[0]);
    const ended: JobAnswer[] = [];
    for (const job of begun) {
      const done = await doneAt(members.two.router, job, DONE_MS_MAX);
      assert.notEqual(done.router, job.router, `the ${job.kind} ended on another router`);
      ended.push(done);
    }

    const facts = await stage.account();
    // What was lost says more than a count.
    if (facts.lost > 0 || facts.wrong > 0) return facts;
    assert.equal(facts.excused, LETTERS, "each letter that was to be deleted is gone, and no other");
    return { ...facts, notes: [...KILL_POINTS.map(({ name }) => `killed: ${name}`), ...countsOf(ended, stage)] };
  },
};

/** Starts a redrive and a purge on one router. */
async function startJobs(router: Router): Promise<KilledJobs> {
  const pathOf = ({ queue, selected }: typeof REDRIVEN | typeof PURGED, what: string): string =>
    `dead-letters/${queue}/${what}?rule=${selected}`;
  const redrive = await askJob(router, "POST", `${pathOf(REDRIVEN, "redrive")}&ratePerSecond=${JOB_PER_SECOND}`);
  return [redrive, await askJob(router, "POST", pathOf(PURGED, "purge"))];
}

/** Checks the jobs' own counts against what the functions saw. */
function countsOf([redrive, purge]: readonly JobAnswer[], { functions }: Stage): readonly string[] {
  assert.ok(redrive !== undefined && purge !== undefined);
  const sent = functions.succeeded.get(REDRIVEN.selected) ?? 0;
  const uncounted = KILL_POINTS.length * UNCOUNTED_SECONDS * JOB_PER_SECOND;
  assert.ok(redrive.removed <= sent, `the redrive counts ${redrive.removed}, and ${sent} were delivered`);
  assert.ok(redrive.removed >= LETTERS - uncounted, `the redrive counts ${redrive.removed}`);
  const isCounted = purge.removed >= LETTERS - PURGED_BEFORE_KILL && purge.removed <= LETTERS + PURGE_STEP;
  assert.ok(isCounted, `the purge counts ${purge.removed}`);
  return [
    `the redrive counts ${redrive.removed} of ${LETTERS}, of which ${sent - LETTERS} were delivered twice`,
    `the purge counts ${purge.removed} of ${LETTERS}`,
  ];
}
