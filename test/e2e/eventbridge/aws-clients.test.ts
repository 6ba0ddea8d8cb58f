import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { before, describe, it } from "node:test";
import { promisify } from "node:util";
import {
  EventBridgeClient,
  ListRulesCommand,
  PutEventsCommand,
  TestEventPatternCommand,
} from "@aws-sdk/client-eventbridge";
import { eventually } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { AWS_ENV, skipWithout } from "../../support/aws/programs/programs.ts";
import type { Call } from "../../support/functions/recording-function.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

const run = promisify(execFile);

const withoutBoto3 = await skipWithout("boto3", "python3", "-c", "import boto3");
const withoutAwsCli = await skipWithout("the AWS CLI", "aws", "--version");

/** Puts events as people do it with boto3, and prints what it answered, or the error's code. */
const BOTO3 = `
import boto3, datetime, json, sys
client = boto3.client("events", endpoint_url=sys.argv[1])
when = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
entry = {"Source": "boto3", "DetailType": "OrderPlaced", "Detail": json.dumps({"n": 1}), "Time": when, "Resources": ["a"]}
answer = client.put_events(Entries=[entry, {**entry, "Detail": "[]"}])
names = [rule["Name"] for page in client.get_paginator("list_rules").paginate(PaginationConfig={"PageSize": 1}) for rule in page["Rules"]]
try:
    client.describe_event_bus(Name="nowhere")
except client.exceptions.ResourceNotFoundException as error:
    code = error.response["Error"]["Code"]
print(json.dumps({"entries": answer["Entries"], "failed": answer["FailedEntryCount"], "names": names, "code": code}))
`;

describe("AWS's clients", () => {
  let fn: RecordingFunction;
  let router: Router;
  let client: EventBridgeClient;
  const endings = suiteEndings();

  before(async () => {
    fn = await RecordingFunction.start();
    endings.after(() => fn.stop());
    const config = `
functions: { shop: { http: { url: "${fn.url}" } } }
rules:
  js: { eventPattern: { source: [js] }, targets: { shop: { function: shop } } }
  others: { description: Python's, eventPattern: { source: [boto3, cli] }, targets: { shop: { function: shop } } }
`;
    const BUSBAR_BROKER = await freshVhost(endings, ["busbar.function.shop"]);
    router = await Router.start({ config, env: { BUSBAR_BROKER } });
    endings.after(() => router.remove());
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    client = new EventBridgeClient({ endpoint: router.publicUrl, region: "us-east-1", credentials });
    endings.after(() => Promise.resolve(client.destroy()));
  });

  /** The calls with these events, once there is one of each. */
  async function callsWith(eventIds: readonly (string | undefined)[]): Promise<readonly Call[]> {
    await eventually("each was delivered", () => eventIds.every((id) => fn.eventIds.has(String(id))));
    return eventIds.map((id) => fn.calls.find((call) => call.eventId === id)!);
  }

  it("The JavaScript SDK puts ten entries: nine are delivered under their ids, and the bad one is refused", async () => {
    const Entries = Array.from({ length: 10 }, (_, n) => ({
      Source: "js",
      DetailType: "OrderPlaced",
      Detail: n === 4 ? '{"n":' : JSON.stringify({ n }),
      Time: new Date("2026-01-02T03:04:05.678Z"),
    }));
    const answer = await client.send(new PutEventsCommand({ Entries }));
    assert.equal(answer.FailedEntryCount, 1);
    assert.deepEqual(answer.Entries?.[4], { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." });

    const good = answer.Entries.filter((_, n) => n !== 4).map((entry) => entry.EventId);
    const events = (await callsWith(good)).map((call) => call.body as { detail: { n: number }; time: string });
    assert.deepEqual(
      events.map((event) => event.detail.n),
      [0, 1, 2, 3, 5, 6, 7, 8, 9],
    );
    assert.ok(events.every((event) => event.time === "2026-01-02T03:04:05Z"));
    assert.equal(fn.calls.filter((call) => (call.body as { source: string }).source === "js").length, 9);
  });

  it("The JavaScript SDK tests a pattern and lists the configured rules", async () => {
    const event = { id: "1", account: "0", source: "js", time: "2026-01-02T03:04:05Z", region: "us-east-1" };
    const Event = JSON.stringify({ ...event, "detail-type": "OrderPlaced", resources: [], detail: { total: 99.5 } });
    const test = async (limit: number) => {
      const EventPattern = JSON.stringify({ detail: { total: [{ numeric: [">=", limit] }] } });
      return (await client.send(new TestEventPatternCommand({ EventPattern, Event }))).Result;
    };
    assert.deepEqual([await test(99.5), await test(100)], [true, false]);

    const { Rules } = await client.send(new ListRulesCommand({}));
    assert.deepEqual(
      Rules?.map(({ Name, State, EventPattern }) => [Name, State, EventPattern]),
      [
        ["js", "ENABLED", '{"source":["js"]}'],
        ["others", "ENABLED", '{"source":["boto3","cli"]}'],
      ],
    );
  });

  it(
    "boto3 puts events, pages through the rules, and raises errors by their class",
    { skip: withoutBoto3 },
    async () => {
      const { stdout } = await run("python3", ["-c", BOTO3, router.publicUrl], { env: AWS_ENV });
      const printed = JSON.parse(stdout) as {
        entries: Record<string, string>[];
        failed: number;
        names: string[];
        code: string;
      };
      assert.equal(printed.failed, 1);
      assert.equal(printed.entries[1]?.["ErrorCode"], "MalformedDetail");
      assert.deepEqual(printed.names, ["js", "others"]);
      assert.equal(printed.code, "ResourceNotFoundException");

      const [call] = await callsWith([printed.entries[0]?.["EventId"]]);
      const { time, resources, detail } = call?.body as Record<string, unknown>;
      assert.deepEqual(
        { time, resources, detail },
        { time: "2026-01-02T03:04:05Z", resources: ["a"], detail: { n: 1 } },
      );
    },
  );

  it("The AWS CLI puts an event", { skip: withoutAwsCli }, async () => {
    const entries = JSON.stringify([{ Source: "cli", DetailType: "OrderPlaced", Detail: '{"n":1}' }]);
    const args = ["--endpoint-url", router.publicUrl, "--output", "json", "events", "put-events", "--entries", entries];
    const { stdout } = await run("aws", args, { env: AWS_ENV });
    const answer = JSON.parse(stdout) as { Entries: [{ EventId: string }] };
    const [call] = await callsWith([answer.Entries[0].EventId]);
    assert.equal((call?.body as { source: string }).source, "cli");
  });
});
