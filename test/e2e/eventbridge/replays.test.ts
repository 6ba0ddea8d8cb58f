import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import type { DescribeReplayCommandOutput } from "@aws-sdk/client-eventbridge";
import {
  CancelReplayCommand,
  DescribeReplayCommand,
  ListReplaysCommand,
  PutEventsCommand,
  StartReplayCommand,
} from "@aws-sdk/client-eventbridge";
import type { JobAnswer, JobsAnswer } from "../../../src/admin-api/queues/jobs.ts";
import type { ReplayCountAnswer } from "../../../src/admin-api/replays/replays.ts";
import { eventually } from "../../contract/waiting.ts";
import { busbar } from "../../support/router/command-line.ts";
import { eventsClient } from "../../support/aws/events-client.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { Router } from "../../support/router/router.ts";

const ARN = "arn:aws:events:us-east-1:000000000000";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const FIRST_MS = Date.UTC(2026, 0, 6, 10);
/** Longer than others wait for a silent owner. */
const TAKE_OVER_MS = 60_000;
const COUNT = 120;
/** For a RabbitMQ that has no virtual hosts to give. */
const QUEUES = ["log", "other", "busbar.archive.0d.0b.kept"];

const CONFIG = `
queues: { log: {}, other: {} }
archives:
  kept: { bus: default }
rules:
  all: { eventPattern: { source: [shop] }, targets: { log: { queue: log } } }
  replayed: { eventPattern: { source: [shop], replay-name: [{ prefix: "again" }] }, targets: { other: { queue: other } } }
`;

/** An event as it lies in a queue. */
interface Logged {
  readonly id: string;
  readonly time: string;
  readonly "replay-name"?: string;
  readonly detail: unknown;
}

/** Times as senders give them, in no order: within two hours, and one that is a day late. */
function timeOf(n: number): number {
  return n === 50 ? FIRST_MS - 24 * HOUR_MS : FIRST_MS + ((n * 37) % COUNT) * MINUTE_MS;
}

async function putAll(router: Router): Promise<ReadonlyMap<string, number>> {
  const client = eventsClient(router.publicUrl);
  const times = new Map<string, number>();
  for (let from = 0; from < COUNT; from += 10) {
    const numbers = Array.from({ length: 10 }, (_, n) => from + n);
    const Entries = numbers.map((n) => ({
      Source: "shop",
      DetailType: "Ordered",
      Detail: JSON.stringify({ n }),
      Time: new Date(timeOf(n)),
    }));
    const answer = await client.send(new PutEventsCommand({ Entries }));
    answer.Entries?.forEach(({ EventId = "" }, at) => times.set(EventId, timeOf(from + at)));
  }
  client.destroy();
  assert.equal(times.size, COUNT);
  return times;
}

/** Takes all messages out of a queue. What RabbitMQ hands out twice, by one message id, counts once. @param least how many there are. */
async function takeAll(router: Router, queue: string, least: number): Promise<readonly Logged[]> {
  const all = new Map<string, Logged>();
  await eventually(`${queue} is empty`, async () => {
    const messages = await router.receive(queue);
    for (const { id, body } of messages) if (!all.has(id)) all.set(id, JSON.parse(body) as Logged);
    return messages.length === 0 && all.size >= least;
  });
  return [...all.values()];
}

const idsOf = (events: readonly Logged[]) => events.map(({ id }) => id);
const minutesOf = (events: readonly Logged[]) => events.map(({ time }) => Math.floor(Date.parse(time) / MINUTE_MS));

/** Of the two hours: all but the one that is a day late. */
const WINDOW = { EventStartTime: new Date(FIRST_MS), EventEndTime: new Date(FIRST_MS + 2 * HOUR_MS) };
const inWindow = (times: ReadonlyMap<string, number>) =>
  new Set([...times].flatMap(([id, timeMs]) => (timeMs >= FIRST_MS ? [id] : [])));

async function start(router: Router, name: string, filter?: readonly string[]) {
  const client = eventsClient(router.publicUrl);
  const FilterArns = filter?.map((rule) => `${ARN}:rule/${rule}`);
  const Destination = { Arn: `${ARN}:event-bus/default`, ...(FilterArns === undefined ? {} : { FilterArns }) };
  const source = { EventSourceArn: `${ARN}:archive/kept`, Destination };
  const started = await client.send(new StartReplayCommand({ ReplayName: name, ...WINDOW, ...source }));
  client.destroy();
  return started;
}

async function describeReplay(router: Router, name: string): Promise<DescribeReplayCommandOutput> {
  const client = eventsClient(router.publicUrl);
  const described = await client.send(new DescribeReplayCommand({ ReplayName: name }));
  client.destroy();
  return described;
}

const ended = (router: Router, name: string, state: string) =>
  eventually(`${name} is ${state}`, async () => (await describeReplay(router, name)).State === state, TAKE_OVER_MS);

async function jobOf({ adminUrl }: Router, name: string): Promise<JobAnswer> {
  const { jobs } = (await (await fetch(`${adminUrl}/api/v1/jobs`)).json()) as JobsAnswer;
  const job = jobs.find(({ replay }) => replay?.name === name);
  assert.ok(job !== undefined, `there is no replay ${name}`);
  return job;
}

for (const broker of ["embedded", "RabbitMQ"] as const) {
  const environment = async (t: TestContext): Promise<Record<string, string>> =>
    broker === "embedded" ? {} : { BUSBAR_BROKER: await freshVhost(t, QUEUES) };

  describe(`Replays of an archive (${broker})`, () => {
    it("put what was archived on the bus again, minute by minute, with the same ids, and archive nothing of it", async (t) => {
      const router = await Router.start({ config: CONFIG, env: await environment(t) });
      t.after(() => router.remove());
      const times = await putAll(router);
      const wanted = inWindow(times);
      const first = new Map((await takeAll(router, "log", COUNT)).map((event) => [event.id, event]));

      const { State, ReplayArn } = await start(router, "again-1");
      assert.deepEqual([State, ReplayArn], ["STARTING", `${ARN}:replay/again-1`]);
      await ended(router, "again-1", "COMPLETED");
      const replayed = await takeAll(router, "log", wanted.size);
      assert.deepEqual(new Set(idsOf(replayed)), wanted);
      const shown = await busbar(["replays", "show", "again-1", "--json", "--admin-url", router.adminUrl]);
      const { removed } = JSON.parse(shown.stdout) as JobAnswer;
      assert.deepEqual([replayed.length, removed], [wanted.size, wanted.size]);
      assert.deepEqual(
        minutesOf(replayed),
        minutesOf(replayed).toSorted((a, b) => a - b),
      );
      for (const { "replay-name": name, ...event } of replayed) {
        assert.equal(name, "again-1");
        assert.deepEqual(event, first.get(event.id));
      }
      assert.equal((await takeAll(router, "other", wanted.size)).length, wanted.size);
      const { EventLastReplayedTime } = await describeReplay(router, "again-1");
      assert.equal(EventLastReplayedTime?.getTime(), Math.max(...times.values()));

      // Nothing of it is in the archive, and only the named rule gets the next one.
      const selection = ["kept", "--from", "2026-01-06T10:00:00Z", "--to", "2026-01-06T12:00:00Z"];
      const counted = await busbar(["replays", "count", ...selection, "--json", "--admin-url", router.adminUrl]);
      const { events, rules, unmatched } = JSON.parse(counted.stdout) as ReplayCountAnswer;
      assert.deepEqual([events, unmatched], [wanted.size, 0]);
      assert.deepEqual(rules, [{ bus: "default", rule: "all", events: wanted.size }]);
      const started = await busbar([
        "replays",
        "start",
        ...selection,
        "--name",
        "again-2",
        "--rule",
        "replayed",
        "--admin-url",
        router.adminUrl,
      ]);
      assert.equal(started.code, 0, started.stderr);
      assert.equal(started.stdout, `again-2: ${wanted.size} events sent\n`);
      assert.deepEqual(new Set(idsOf(await takeAll(router, "other", wanted.size))), wanted);
      assert.deepEqual(await takeAll(router, "log", 0), []);
      const client = eventsClient(router.publicUrl);
      t.after(() => client.destroy());
      const { Replays = [] } = await client.send(new ListReplaysCommand({ State: "COMPLETED" }));
      assert.deepEqual(
        Replays.map(({ ReplayName }) => ReplayName),
        ["again-1", "again-2"],
      );
    });

    it("go on where they were after a kill, and leave nothing out", async (t) => {
      const env = await environment(t);
      const config = { config: CONFIG, env };
      const [one, other] = await Promise.all([
        Router.start(config),
        broker === "embedded" ? undefined : Router.start(config),
      ]);
      t.after(() => Promise.all([one.remove(), other?.remove()]));
      const wanted = inWindow(await putAll(one));
      await takeAll(one, "log", COUNT);

      const arguments_ = ["kept", "--from", "2026-01-06T10:00:00Z", "--to", "2026-01-06T12:00:00Z", "--name", "again"];
      const started = await busbar([
        "replays",
        "start",
        ...arguments_,
        "--rate",
        "20/s",
        "--detach",
        "--json",
        "--admin-url",
        one.adminUrl,
      ]);
      const { id } = JSON.parse(started.stdout) as JobAnswer;
      const asked = other ?? one;
      await eventually("some are sent", async () => (await jobOf(asked, "again")).removed >= 30, TAKE_OVER_MS);
      assert.equal((await describeReplay(asked, "again")).State, "RUNNING");
      await one.kill();
      if (other === undefined) await one.launch();
      await ended(asked, "again", "COMPLETED");
      const replayed = await takeAll(asked, "log", wanted.size);
      assert.deepEqual(new Set(idsOf(replayed)), wanted);
      assert.equal(replayed.length, wanted.size, "whatever was sent twice has one delivery id");

      // One that is cancelled sends nothing more.
      await fetch(`${asked.adminUrl}/api/v1/jobs/${id}?ratePerSecond=1`, { method: "PATCH" });
      const slow = ["replays", "start", ...arguments_.slice(0, -1), "slow", "--rate", "5/s", "--detach"];
      await busbar([...slow, "--admin-url", asked.adminUrl]);
      await eventually("it sends", async () => (await jobOf(asked, "slow")).removed > 0);
      const client = eventsClient(asked.publicUrl);
      t.after(() => client.destroy());
      assert.equal((await client.send(new CancelReplayCommand({ ReplayName: "slow" }))).State, "CANCELLING");
      await ended(asked, "slow", "CANCELLED");
      const { removed } = await jobOf(asked, "slow");
      assert.equal((await takeAll(asked, "log", removed)).length, removed);
      assert.ok(removed < wanted.size);
    });
  });
}
