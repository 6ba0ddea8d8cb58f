import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { afterEach, beforeEach, describe, it } from "node:test";
import { promisify } from "node:util";
import {
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  TestEventPatternCommand,
} from "@aws-sdk/client-eventbridge";
import type { RequestEntry } from "../../../src/ports/put.ts";
import type { Listening } from "../../../src/edge/http/server.ts";
import { listen } from "../../../src/edge/http/server.ts";
import type { FakePut } from "../../support/http/fake-put.ts";
import { publicApp } from "../../support/http/public-app.ts";

const run = promisify(execFile);

const ENTRY = { Source: "shop", DetailType: "OrderPlaced", Detail: '{"total":1}' };
const AS_PUT: RequestEntry = { source: "shop", detailType: "OrderPlaced", detail: '{"total":1}' };

/** What the AWS CLI says of itself; undefined on a machine without it. */
async function awsCliVersion(): Promise<string | undefined> {
  try {
    return (await run("aws", ["--version"])).stdout;
  } catch {
    return undefined;
  }
}

const hasAwsCli = (await awsCliVersion()) !== undefined;

describe("clients of EventBridge as they are", () => {
  let fakePut: FakePut;
  let server: Listening;
  let client: EventBridgeClient;

  beforeEach(async () => {
    const made = publicApp();
    fakePut = made.fakePut;
    server = await listen(made.app, { host: "127.0.0.1", port: 0 });
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    client = new EventBridgeClient({ endpoint: server.url, region: "us-east-1", credentials });
  });
  afterEach(async () => {
    client.destroy();
    await server.close(0);
  });

  it("The JavaScript SDK puts events, with the time to the millisecond", async () => {
    const Time = new Date("2026-01-02T03:04:05.678Z");
    const { FailedEntryCount, Entries } = await client.send(
      new PutEventsCommand({ Entries: [{ ...ENTRY, Time }, ENTRY] }),
    );
    assert.equal(FailedEntryCount, 0);
    assert.equal(Entries?.length, 2);
    assert.deepEqual(fakePut.entries, [{ ...AS_PUT, timeMs: Time.getTime() }, AS_PUT]);
  });

  it("The JavaScript SDK retries when it is throttled or the router is unavailable", async () => {
    const busy = (reason: "throttled" | "unavailable") =>
      ({ kind: "busy", reason, message: "not now", retryAfterSeconds: 0 }) as const;
    const answers = [busy("throttled"), busy("unavailable")];
    fakePut.answerWith(() => answers.shift() ?? { kind: "answered", entries: [{ ok: true, eventId: "third" }] });
    const { Entries, $metadata } = await client.send(new PutEventsCommand({ Entries: [ENTRY] }));
    assert.deepEqual(Entries, [{ EventId: "third" }]);
    assert.equal($metadata.attempts, 3);
  });

  it("The JavaScript SDK recognizes errors by name and has the request's id", async () => {
    const pattern = new TestEventPatternCommand({ EventPattern: '{"source":"x"}', Event: "{}" });
    await assert.rejects(client.send(pattern), { name: "InvalidEventPatternException" });
    const rule = client.send(new PutRuleCommand({ Name: "x", EventPattern: '{"source":["x"]}' }));
    await assert.rejects(rule, (error: unknown) => {
      assert.ok(error instanceof Error && "$metadata" in error);
      assert.equal(error.name, "OperationDisabledException");
      assert.match((error.$metadata as { requestId?: string }).requestId ?? "", /^[0-9a-f-]{36}$/);
      return true;
    });
  });

  it(
    "the AWS CLI puts events and reports errors",
    { skip: hasAwsCli ? false : "the AWS CLI is not installed" },
    async () => {
      const env = {
        ...process.env,
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
        AWS_DEFAULT_REGION: "us-east-1",
        AWS_EC2_METADATA_DISABLED: "true",
      };
      const aws = (...args: string[]) =>
        run("aws", ["--endpoint-url", server.url, "--output", "json", "events", ...args], { env });
      const Time = "2026-01-02T03:04:05Z";
      const { stdout } = await aws("put-events", "--entries", JSON.stringify([{ ...ENTRY, Time }]));
      assert.equal((JSON.parse(stdout) as { FailedEntryCount: number }).FailedEntryCount, 0);
      assert.deepEqual(fakePut.entries, [{ ...AS_PUT, timeMs: Date.parse(Time) }]);
      await assert.rejects(aws("describe-rule", "--name", "none"), {
        stderr: /\(ResourceNotFoundException\).*Rule none does not exist on EventBus default\./,
      });
    },
  );
});
