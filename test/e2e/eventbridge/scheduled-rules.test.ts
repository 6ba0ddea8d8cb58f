import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  DescribeRuleCommand,
  DisableRuleCommand,
  type EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { eventually } from "../../contract/waiting.ts";
import { busbar } from "../../support/router/command-line.ts";
import { eventsClient } from "../../support/aws/events-client.ts";
import { Router } from "../../support/router/router.ts";
import type { ShiftedClock } from "../../support/router/shifted-clock.ts";
import { createShiftedClock } from "../../support/router/shifted-clock.ts";

const CONFIG = `
queues: { ticks: {}, others: {} }
rules:
  sees-none: { eventPattern: { source: [aws.events] }, targets: { t: { queue: others } } }
  of-a-file: { scheduleExpression: rate(1 minute), targets: { t: { queue: others, input: { by: file } } } }
`;
const TICKS = "arn:aws:sqs:us-east-1:000000000000:ticks";

describe("Rules with a schedule over the EventBridge API", { timeout: 120_000 }, () => {
  let router: Router;
  let client: EventBridgeClient;
  let clock: ShiftedClock;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "busbar-clock-"));
    clock = createShiftedClock(folder);
    router = await Router.start({ config: CONFIG, env: clock.env });
    client = eventsClient(router.publicUrl);
  });
  after(async () => {
    client.destroy();
    await router.remove();
    await rm(folder, { recursive: true });
  });

  const put = (input: PutRuleCommand["input"]) => client.send(new PutRuleCommand(input));

  it("a rule's targets get its event when its rate has passed since its creation, and no other rule gets it", async () => {
    await put({ Name: "timed", ScheduleExpression: "rate(1 minute)" });
    await client.send(new PutTargetsCommand({ Rule: "timed", Targets: [{ Id: "t", Arn: TICKS }] }));
    await put({ Name: "idle", ScheduleExpression: "rate(1 minute)" });
    await client.send(new DisableRuleCommand({ Name: "idle" }));
    await client.send(new PutTargetsCommand({ Rule: "idle", Targets: [{ Id: "t", Arn: TICKS }] }));
    const shown = await client.send(new DescribeRuleCommand({ Name: "timed" }));
    assert.equal(shown.ScheduleExpression, "rate(1 minute)");
    assert.ok(!("EventPattern" in shown));
    const listed = await busbar(["schedules", "rule:timed", "--admin-url", router.adminUrl]);
    assert.match(listed.stdout, /rule:timed +rate\(1 minute\) +UTC/);
    assert.equal(await router.depth("ticks"), 0);

    clock.shift(61_000);
    // Another schedule makes the router look at its clock again, which it otherwise does after the minute.
    await put({ Name: "waker", ScheduleExpression: "rate(1 day)" });
    await eventually("the event is there", async () => (await router.depth("ticks")) === 1);
    const [message] = await router.receive("ticks");
    const event = JSON.parse(message?.body ?? "") as Record<string, unknown>;
    assert.deepEqual(
      [event["source"], event["detail-type"], event["detail"], event["resources"]],
      ["aws.events", "Scheduled Event", {}, ["arn:aws:events:us-east-1:000000000000:rule/timed"]],
    );
    assert.equal(message?.headers["busbar-rule"], "timed");
    await eventually("the rule of the file, too", async () => (await router.depth("others")) > 0);
    const bodies = new Set((await router.receive("others")).map(({ body }) => body));
    assert.deepEqual([...bodies], ['{"by":"file"}']);
  });
});
