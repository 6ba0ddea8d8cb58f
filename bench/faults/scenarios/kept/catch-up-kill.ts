import assert from "node:assert/strict";
import type { JobAnswer, JobsAnswer } from "../../../../src/admin-api/queues/jobs.ts";
import { eventually } from "../../../../test/contract/waiting.ts";
import type { Router } from "../../../../test/support/router/router.ts";
import type { Configuration } from "../../configuration.ts";
import { delivered } from "../../configuration.ts";
import { askJob } from "../../jobs/ask-job.ts";
import type { TwoRouters } from "../../jobs/members.ts";
import { twoRouters } from "../../jobs/members.ts";
import type { KilledJobs, KillPoint } from "../../jobs/owner-kills.ts";
import { advance, doneAt, JOB_PER_SECOND, killOwners, takeRateAway } from "../../jobs/owner-kills.ts";
import { ARCHIVED, publishPoints, putArchived } from "../../jobs/replayed.ts";
import type { Scenario } from "../../scenario.ts";
import { reconfigure } from "../../stage.ts";

/** Fewer than the catch-up sends a second: it is to come near. */
const EVENTS_PER_SECOND = 5;
/** A catch-up ends two minutes after its rule gets new events directly. */
const DONE_MS_MAX = 300_000;
const BEGUN_MS_MAX = 30_000;
const LATE = "late";

const KILL_POINTS: readonly KillPoint[] = [
  { name: "it has just begun", reached: () => Promise.resolve() },
  ...publishPoints(`busbar.function.${LATE}`),
  { name: "it waits for its rate", reached: advance },
];

export const catchUpKill: Scenario = {
  name: "catch-up-kill",
  description:
    "a rule gets its past while events go on coming, and the router that reads the archive for it is killed again and again: each event of the past and of the present arrives",
  seconds: 0,
  async run(context) {
    const { stage, ...members } = await twoRouters(context, configurationOf(false));
    const withRule = configurationOf(true)(stage.functions.url);
    const ends = new Map([...stage.configuration.ends, [LATE, delivered(`function/${LATE}`)]]);
    await putArchived(stage, () => ({ source: "faults", detail: {} }), ends);
    const begin = async (): Promise<KilledJobs> => {
      const job = await begunBy(members, withRule);
      const load = stage.startLoad({ perSecond: EVENTS_PER_SECOND });
      // What is put from now on is archived, and comes to the rule from there or directly.
      stage.ledger.expect(load.accepted, ends);
      return [job];
    };
    const [begun] = await killOwners(members, KILL_POINTS, begin, context);
    await takeRateAway(members.two.router, begun);
    const done = await doneAt(members.two.router, begun, DONE_MS_MAX);
    assert.notEqual(done.router, begun.router, "the catch-up ended on another router");

    const facts = await stage.account();
    const notes = [
      ...KILL_POINTS.map(({ name }) => `killed: ${name}`),
      `the catch-up counts ${done.removed}, ${ARCHIVED} of them of the past`,
    ];
    return { ...facts, notes };
  },
};

const configurationOf =
  (hasRule: boolean) =>
  (functionsUrl: string): Configuration => {
    const late = `
  ${LATE}:
    eventPattern: { source: [faults] }
    startFrom: { archive: default }
    targets: { ${LATE}: { function: ${LATE} } }`;
    const yaml = `
eventBuses: { default: { retention: {} } }
functions:
  healthy: { http: { url: "${functionsUrl}/healthy" }, concurrency: 20 }
  ${LATE}: { http: { url: "${functionsUrl}/${LATE}" }, concurrency: 20 }
rules:
  healthy: { eventPattern: { source: [faults] }, targets: { healthy: { function: healthy } } }${hasRule ? late : ""}
`;
    return {
      yaml,
      ends: new Map([["healthy", delivered("function/healthy")]]),
      queues: ["busbar.dead-letter"],
    };
  };

/** Gives both routers the rule, the first one first. Resolves with the catch-up that it has begun, slowed down. */
async function begunBy(
  { one, two }: Pick<TwoRouters, "one" | "two">,
  configuration: Configuration,
): Promise<JobAnswer> {
  await reconfigure(one.router, configuration);
  await eventually("the catch-up has begun", async () => (await catchUps(one.router)).length === 1, BEGUN_MS_MAX);
  const [job] = await catchUps(one.router);
  assert.ok(job !== undefined);
  await askJob(one.router, "PATCH", `jobs/${job.id}?ratePerSecond=${JOB_PER_SECOND}`);
  await reconfigure(two.router, configuration);
  return job;
}

async function catchUps({ adminUrl }: Router): Promise<readonly JobAnswer[]> {
  const { jobs } = (await (await fetch(`${adminUrl}/api/v1/jobs`)).json()) as JobsAnswer;
  return jobs.filter(({ replay }) => replay?.catchesUp === true);
}
