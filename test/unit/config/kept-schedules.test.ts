import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { yamlOf } from "../../../src/config/made/entry/made-yaml.ts";
import { compileKept } from "../../../src/domain/schedule/kept/compile-kept.ts";
import { keptEntry } from "../../../src/domain/schedule/kept/kept-entry.ts";
import type { KeptSchedule } from "../../../src/domain/schedule/kept/kept-schedule.ts";
import type { Schedule } from "../../../src/domain/schedule/schedule.ts";
import { load } from "../../support/config-folder.ts";
import { IDENTITY } from "../../support/sample.ts";

const CREATED_MS = Date.parse("2026-11-30T09:10:11Z");
const ARNS = {
  function: "arn:aws:lambda:us-east-1:000000000000:function:worker",
  queue: "arn:aws:sqs:us-east-1:000000000000:ticks",
  fifo: "arn:aws:sqs:us-east-1:000000000000:orders.fifo",
  bus: "arn:aws:events:us-east-1:000000000000:event-bus/default",
};
const CONFIG = `
functions: { worker: { http: { url: "http://worker/" } } }
queues: { ticks: {}, orders.fifo: { fifo: true } }
`;

function kept(changes: Partial<KeptSchedule> & Pick<KeptSchedule, "expression" | "target">): KeptSchedule {
  const made = { digest: "0" };
  const dates = { createdMs: CREATED_MS, changedMs: CREATED_MS };
  return { zone: "UTC", state: "ENABLED", isDeletedAfter: false, made, ...dates, ...changes };
}

const SCHEDULES: Readonly<Record<string, KeptSchedule>> = {
  often: kept({ expression: "rate(5 minutes)", target: { Arn: ARNS.function } }),
  whole: kept({
    expression: "cron(0 9 ? * MON-FRI *)",
    zone: "Europe/Berlin",
    state: "DISABLED",
    description: 'with "quotes": and # signs',
    startMs: Date.parse("2027-01-01T00:00:00Z"),
    endMs: Date.parse("2028-01-01T00:00:00Z"),
    windowMinutes: 15,
    target: {
      Arn: ARNS.function,
      Input: '{ "n": 1.0, "at": "<aws.scheduler.scheduled-time>" }',
      RetryPolicy: { MaximumRetryAttempts: 3 },
      DeadLetterConfig: { Arn: ARNS.queue },
      RoleArn: "arn:aws:iam::000000000000:role/any",
    },
  }),
  "on.a-bus_1": kept({
    expression: "at(2030-01-01T00:00:00)",
    target: {
      Arn: ARNS.bus,
      Input: '{"percent":20}',
      EventBridgeParameters: { Source: "shop.calendar", DetailType: "SaleBegins" },
      RetryPolicy: { MaximumRetryAttempts: 3 },
    },
  }),
  grouped: kept({
    expression: "rate(1 hour)",
    target: { Arn: ARNS.fifo, SqsParameters: { MessageGroupId: "nightly" } },
  }),
  filled: kept({ expression: "rate(1 hour)", target: { Arn: ARNS.queue, Input: "5" } }),
};

describe("A schedule of the store", () => {
  it("is written as an entry of a file that says the same", async () => {
    const entries = Object.entries(SCHEDULES).map(([name, schedule]) => {
      const written = keptEntry(`default/${name}`, schedule, IDENTITY);
      assert.ok(written.ok);
      return [name, written.entry] as const;
    });
    const loaded = await load({ "a.yaml": CONFIG, "b.yaml": yamlOf({ schedules: Object.fromEntries(entries) }) });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    for (const [name, schedule] of Object.entries(SCHEDULES)) {
      const { isKept: _, ...compiled } = compileKept(`default/${name}`, schedule, IDENTITY) ?? assert.fail(name);
      const ofFile: Schedule = loaded.config.schedules.get(name) ?? assert.fail(name);
      // What was not given has the same default there, and a bus has no retries.
      const isGiven = schedule.target["RetryPolicy"] !== undefined && ofFile.target.to.kind !== "event-bus";
      const { retryPolicy, ...asGiven } = compiled.target;
      assert.deepEqual(ofFile, { ...compiled, target: isGiven ? { ...asGiven, retryPolicy } : asGiven });
    }
  });

  it("is not written where a file could not say the same", () => {
    const reasonOf = (target: KeptSchedule["target"]) => {
      const written = keptEntry("default/x", kept({ expression: "rate(1 hour)", target }), IDENTITY);
      return written.ok ? undefined : written.reason;
    };
    const cluster = "arn:aws:ecs:us-east-1:000000000000:cluster/c";
    assert.equal(reasonOf({ Arn: cluster }), `its target is ${cluster}`);
    assert.equal(reasonOf({ Arn: ARNS.queue, Input: "plain text" }), "its input is no JSON");
    const unknown = kept({ expression: "hourly", target: { Arn: ARNS.queue } });
    const written = keptEntry("default/x", unknown, IDENTITY);
    assert.deepEqual(written, { ok: false, reason: "it was written by another version" });
  });
});
