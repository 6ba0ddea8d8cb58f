import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  DeleteRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import type { NotInForceAnswer } from "../../../src/admin-api/configuration/not-in-force.ts";
import type { RuleListAnswer } from "../../../src/admin-api/configuration/rules.ts";
import { eventually } from "../../contract/waiting.ts";
import { eventsClient } from "../../support/aws/events-client.ts";
import { busbar } from "../../support/router/command-line.ts";
import { Router } from "../../support/router/router.ts";

const CONFIG = "queues: { orders: {} }\n";
const WITH_RULE = `${CONFIG}rules: { paid: { eventPattern: { source: [file] }, targets: { q: { queue: orders } } } }\n`;
const LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function";

describe("What was made over the API and does nothing", { timeout: 60_000 }, () => {
  it("is listed with the reason, and targets that do not exist with their rules, over the API and by the command line", async (t) => {
    const router = await Router.start({ config: CONFIG });
    t.after(() => router.remove());
    const client = eventsClient(router.publicUrl);
    t.after(() => client.destroy());
    const ask = async <Answer>(path: string) =>
      (await (await fetch(`${router.adminUrl}/api/v1/${path}`)).json()) as Answer;
    const withGone = async (gone: boolean) => (await ask<RuleListAnswer>(`rules?gone=${gone}`)).rules;
    const left = () => ask<NotInForceAnswer>("not-in-force");
    const print = async (...args: string[]) => (await busbar([...args, "--admin-url", router.adminUrl])).stdout;

    for (const Name of ["paid", "other"]) {
      await client.send(new PutRuleCommand({ Name, EventPattern: '{"source":["api"]}' }));
    }
    const target = { Id: "later", Arn: `${LAMBDA}:not-here` };
    await client.send(new PutTargetsCommand({ Rule: "other", Targets: [target] }));
    assert.deepEqual(await left(), { notInForce: [], count: 0 });
    const [other, ...none] = await withGone(true);
    assert.deepEqual([other?.name, other?.targets[0]?.isGone, none], ["other", true, []]);
    const { createdAtMs = 0, changedAtMs = 0 } = other ?? {};
    assert.ok(Date.now() - createdAtMs < 60_000 && changedAtMs >= createdAtMs);
    assert.deepEqual(
      (await withGone(false)).map(({ name }) => name),
      ["paid"],
    );
    assert.match(
      await print("rules", "--gone"),
      /^RULE .*\ndefault\/other +ENABLED +function\/not-here \(does not exist\) +\d{4}-\S+ +\d{4}-\S+\n$/,
    );

    await router.configure(WITH_RULE);
    await eventually("the file's rule takes the name", async () => (await left()).count === 1);
    const { notInForce } = await left();
    assert.equal(notInForce[0]?.name, "rule default/paid");
    assert.match(notInForce[0].reason, /^a file has one of that name \(.*:2:/);
    assert.match(await print("not-in-force"), /^NOT IN FORCE +WHY\nrule default\/paid +a file has one of that name/);
    assert.match(await print("rules", "paid"), /\ndefault\/paid +ENABLED +queue\/orders +\S+:2:\d+ +-\n$/);

    await client.send(new RemoveTargetsCommand({ Rule: "other", Ids: ["later"] }));
    await client.send(new DeleteRuleCommand({ Name: "other" }));
    assert.deepEqual(await withGone(true), []);
  });
});
