import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it, type TestContext } from "node:test";
import { promisify } from "node:util";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { eventually } from "../../contract/waiting.ts";
import { lambdaClient } from "../../support/aws/lambda-client.ts";
import { AWS_ENV, skipWithout } from "../../support/aws/programs/programs.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { PROGRAM } from "../../support/router/checkout.ts";
import { busbar } from "../../support/router/command-line.ts";
import { Router } from "../../support/router/router.ts";

const run = promisify(execFile);
const skipCli = await skipWithout("the aws CLI", "/usr/bin/aws", "--version");
const skipBoto3 = await skipWithout("boto3", "python3", "-c", "import boto3");

const HANDLER = `
export const handler = async ({ say = "nothing", lines = 1 }) => {
  for (let n = 0; n < lines; n++) console.log(say, n);
};
`;
const GROUP = "/aws/lambda/talk";

const PAGES = `
import boto3, json, sys
logs = boto3.client("logs", endpoint_url=sys.argv[1], region_name="us-east-1")
group = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/t")["logGroups"][0]["logGroupName"]
pages = list(logs.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 3}))
events = [event for page in pages for event in page["events"]]
assert logs.list_tags_log_group(logGroupName=group)["tags"] == {}
try: logs.put_retention_policy(logGroupName=group, retentionInDays=1)
except logs.exceptions.ClientError as error: refused = error.response["Error"]["Code"]
try: logs.filter_log_events(logGroupName="/aws/lambda/none")
except logs.exceptions.ResourceNotFoundException as error: missing = error.response["Error"]["Message"]
print(json.dumps({"pages": len(pages), "events": events, "refused": refused, "missing": missing}))
`;

const STREAMS = `
import boto3, json, sys
logs = boto3.client("logs", endpoint_url=sys.argv[1], region_name="us-east-1")
group = {"logGroupName": "/aws/lambda/talk"}
def walk(stream, token_name, **first):
    pages, asked = [], first
    while True:
        page = logs.get_log_events(**group, logStreamName=stream, limit=3, **asked)
        pages.append([event["message"] for event in page["events"]])
        if page[token_name] == asked.get("nextToken"): return pages
        asked = {"nextToken": page[token_name]}
newest = logs.describe_log_streams(**group, orderBy="LastEventTime", descending=True)["logStreams"]
by_name = logs.get_paginator("describe_log_streams").paginate(**group, PaginationConfig={"PageSize": 1})
assert [page["logStreams"][0]["logStreamName"] for page in by_name] == sorted(each["logStreamName"] for each in newest)
try: logs.get_log_events(**group, logStreamName="none")
except logs.exceptions.ResourceNotFoundException as error: missing = error.response["Error"]["Message"]
print(json.dumps({"missing": missing, "streams": [{
    "isDescribed": each["arn"].endswith(":log-group:/aws/lambda/talk:log-stream:" + each["logStreamName"]) and each["firstEventTimestamp"] <= each["lastEventTimestamp"],
    "forward": sum(walk(each["logStreamName"], "nextForwardToken", startFromHead=True), []),
    "backward": sum(reversed(walk(each["logStreamName"], "nextBackwardToken")), []),
} for each in newest]}))
`;

/** What boto3 reads of every log stream, the one with the newest line first. */
interface SeenStreams {
  readonly missing: string;
  readonly streams: readonly {
    readonly isDescribed: boolean;
    readonly forward: readonly string[];
    readonly backward: readonly string[];
  }[];
}

/** Reads them. Forwards and backwards the lines must be the same. */
async function streamsAt({ publicUrl }: Router): Promise<readonly (readonly string[])[]> {
  const { stdout } = await run("python3", ["-c", STREAMS, publicUrl], { env: AWS_ENV });
  const { missing, streams } = JSON.parse(stdout) as SeenStreams;
  assert.equal(missing, "The specified log stream does not exist.");
  for (const { isDescribed, forward, backward } of streams) {
    assert.ok(isDescribed);
    assert.deepEqual(forward, backward);
  }
  return streams.map(({ forward }) => forward);
}

/** A folder with the handler, and the configuration of a function that is it. */
async function configured(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "busbar-logs-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "index.mjs"), HANDLER);
  const command = JSON.stringify(["node", `${process.cwd()}/runtimes/nodejs/bootstrap.mjs`, `${folder}/index.handler`]);
  return `functions: { talk: { process: { command: ${command} }, timeoutSeconds: 30 } }\nlogs: { kibibytesPerCall: 1 }\n`;
}

/** Calls the function at a router. Returns the request's id. */
async function talk(t: TestContext, { publicUrl }: Router, payload: object): Promise<string> {
  const client = lambdaClient(publicUrl);
  t.after(() => client.destroy());
  const { $metadata } = await client.send(
    new InvokeCommand({ FunctionName: "talk", Payload: JSON.stringify(payload) }),
  );
  return $metadata.requestId ?? "";
}

async function tail({ publicUrl }: Router, ...args: string[]): Promise<readonly string[]> {
  const command = ["logs", "tail", GROUP, "--endpoint-url", publicUrl, "--since", "10m", "--format", "short", ...args];
  const { stdout } = await run("/usr/bin/aws", command, { env: AWS_ENV });
  return stdout.split("\n").filter((line) => line !== "");
}

describe("Logs of functions", () => {
  it(
    "The aws CLI and busbar logs show what calls on two routers wrote, at either router, and follow; boto3 reads it by log streams",
    { skip: skipCli || skipBoto3 },
    async (t) => {
      const config = await configured(t);
      const env = { BUSBAR_BROKER: await freshVhost(t) };
      const [one, two] = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
      t.after(() => Promise.all([one.remove(), two.remove()]));
      const following = spawn(
        "/usr/bin/aws",
        [
          "logs",
          "tail",
          GROUP,
          "--follow",
          "--since",
          "10m",
          "--endpoint-url",
          two.publicUrl,
          "--filter-pattern",
          "later",
        ],
        { env: { ...AWS_ENV, PYTHONUNBUFFERED: "1" }, stdio: ["ignore", "pipe", "inherit"] },
      );
      t.after(() => following.kill("SIGKILL"));
      let followed = "";
      following.stdout.setEncoding("utf8").on("data", (text: string) => (followed += text));
      const args = ["logs", "talk", "--follow", "--filter", "later", "--json", "--admin-url", two.adminUrl];
      const own = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "inherit"] });
      t.after(() => own.kill("SIGKILL"));
      const ownLines: string[] = [];
      createInterface({ input: own.stdout }).on("line", (line) => ownLines.push(line));
      const ids = [await talk(t, one, { say: "first" }), await talk(t, two, { say: "second" })];
      await eventually("the other router's lines are there", async () => {
        return (await tail(one, "--filter-pattern", "REPORT")).length === 2;
      });
      const lines = await tail(one);
      for (const [at, word] of ["first", "second"].entries()) {
        const ofCall = lines.filter((line) => line.includes(ids[at]!) || line.endsWith(`${word} 0`));
        const words = ofCall.map((line) => line.split(/[ \t]/)[1]);
        assert.deepEqual([words.length, words[0], ...words.slice(2)], [4, "START", "END", "REPORT"]);
        assert.ok(ofCall[1]?.endsWith(`${word} 0`));
        const { stdout } = await busbar(["logs", "talk", "--request", ids[at]!, "--admin-url", one.adminUrl]);
        const shown = stdout
          .trimEnd()
          .split("\n")
          .map((line) => line.split("  ").slice(1));
        assert.deepEqual(shown.slice(0, 3), [
          ["platform", `START RequestId: ${ids[at]} Version: $LATEST`],
          ["stdout", `${word} 0`],
          ["platform", `END RequestId: ${ids[at]}`],
        ]);
        assert.deepEqual([shown.length, shown[3]?.slice(0, 2)], [4, ["platform", `REPORT RequestId: ${ids[at]}`]]);
      }
      const streams = await streamsAt(one);
      assert.deepEqual(
        streams.map((messages) => [messages.length, messages[0], messages[1]]),
        [
          [4, `START RequestId: ${ids[1]} Version: $LATEST`, "second 0"],
          [4, `START RequestId: ${ids[0]} Version: $LATEST`, "first 0"],
        ],
      );
      const laterId = await talk(t, one, { say: "later" });
      await eventually("what came later is followed", () => followed.includes("later 0"), 30_000);
      assert.ok(!followed.includes("first"));
      await eventually("busbar logs follows, too", () => ownLines.length > 0);
      const { atMs: _, logStream: _stream, ...line } = JSON.parse(ownLines[0]!) as Readonly<Record<string, unknown>>;
      assert.deepEqual([ownLines.length, line], [1, { source: "stdout", text: "later 0", requestId: laterId }]);
    },
  );

  it("boto3 pages through a call that wrote too much, which says so", { skip: skipBoto3 }, async (t) => {
    const router = await Router.start({ config: await configured(t) });
    t.after(() => router.remove());
    const id = await talk(t, router, { say: "x".repeat(90), lines: 30 });
    await eventually("the lines are kept", async () => {
      return (await router.metricSum("busbar_function_log_lines_total")) > 12;
    });
    const { stdout } = await run("python3", ["-c", PAGES, router.publicUrl], { env: AWS_ENV });
    const seen = JSON.parse(stdout) as Readonly<Record<"pages" | "refused" | "missing", unknown>> & {
      readonly events: readonly { readonly eventId: string; readonly message: string }[];
    };
    const messages = seen.events.map(({ message }) => message);
    assert.equal(messages[0], `START RequestId: ${id} Version: $LATEST`);
    const lost = await router.metricSum("busbar_function_log_lines_lost_total", { reason: "call" });
    assert.match(messages.at(-3) ?? "", new RegExp(`^LOGS_DROPPED RequestId: ${id}\tLines: ${lost}\tBytes: \\d+$`));
    assert.equal(messages.length - 4 + lost, 30);
    assert.equal(new Set(seen.events.map(({ eventId }) => eventId)).size, messages.length);
    assert.equal(seen.pages, Math.ceil(messages.length / 3));
    assert.deepEqual(await streamsAt(router), [messages]);
    assert.deepEqual(
      [seen.refused, seen.missing],
      ["InvalidOperationException", "The specified log group does not exist."],
    );
  });
});
