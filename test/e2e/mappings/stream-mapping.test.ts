import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import type { TestEntry } from "../../support/router/router.ts";
import { Router } from "../../support/router/router.ts";

const QUEUES = ["clicks", "failed", "busbar.function.count", "busbar.mapping.clicks-to-count.0"];

interface KinesisRecord {
  readonly kinesis: Readonly<Record<string, unknown>> & { readonly data: string; readonly sequenceNumber: string };
  readonly [other: string]: unknown;
}

interface KinesisEvent {
  readonly Records: readonly KinesisRecord[];
  readonly state?: { readonly total?: number };
  readonly isFinalInvokeForWindow?: boolean;
  readonly window?: { readonly start: string; readonly end: string };
}

interface Click {
  readonly user: string;
  readonly n: number;
}

function configOf(url: string, mapping = ""): string {
  return `
streams: { clicks: {} }
queues: { failed: {} }
functions:
  count: { http: { url: "${url}" }, timeoutSeconds: 10, concurrency: 30 }
rules:
  clicks:
    eventPattern: { source: [web] }
    targets: { stream: { stream: clicks, kinesisParameters: { partitionKeyPath: $.detail.user } } }
eventSourceMappings:
  clicks-to-count: { stream: clicks, function: count, startingPosition: TRIM_HORIZON${mapping} }
`;
}

function clicks(count: number, users: number, from = 0): readonly TestEntry[] {
  return Array.from({ length: count }, (_, at) => {
    return { source: "web", detailType: "Click", detail: { user: `u-${(from + at) % users}`, n: from + at } };
  });
}

async function putAll(router: Router, entries: readonly TestEntry[]): Promise<void> {
  for (let at = 0; at < entries.length; at += 10) {
    const { status, eventIds } = await router.put(entries.slice(at, at + 10));
    assert.equal(status, 200);
    assert.ok(eventIds.every((id) => id !== undefined));
  }
}

/** A function that is called with batches of clicks. */
async function functionOf(t: TestContext, answer: (event: KinesisEvent) => unknown = () => ({})) {
  const fn = await RecordingFunction.start((call, response) => {
    const said = answer(call.body as KinesisEvent);
    if (said === undefined) response.writeHead(500).end('{"errorType":"Bad","errorMessage":"no"}');
    else response.end(JSON.stringify(said));
  });
  t.after(() => fn.stop());
  return {
    url: fn.url,
    get events(): readonly KinesisEvent[] {
      return fn.calls.map(({ body }) => body as KinesisEvent);
    },
    get clicks(): readonly Click[] {
      return this.events.flatMap(({ Records }) => Records.map(clickOf));
    },
  };
}

function clickOf({ kinesis: { data } }: KinesisRecord): Click {
  return (JSON.parse(Buffer.from(data, "base64").toString()) as { detail: Click }).detail;
}

/** The clicks as they came for the first time. */
function firstOnes(all: readonly Click[]): readonly Click[] {
  return [...new Map(all.toReversed().map((click) => [click.n, click])).values()].toReversed();
}

/** Nothing is missing, and those of each user came in order, as far as they came for the first time. */
function assertInOrder(all: readonly Click[], count: number): void {
  const seen = new Set(all.map(({ n }) => n));
  const missing = Array.from({ length: count }, (_, n) => n).filter((n) => !seen.has(n));
  assert.deepEqual(missing, []);
  for (const user of new Set(all.map((click) => click.user))) {
    const numbers = firstOnes(all.filter((click) => click.user === user)).map(({ n }) => n);
    assert.deepEqual(
      numbers,
      numbers.toSorted((one, other) => one - other),
      user,
    );
  }
}

for (const broker of ["embedded", "RabbitMQ"] as const) {
  const start = async (t: TestContext, config: string): Promise<Router> => {
    const env = broker === "embedded" ? {} : { BUSBAR_BROKER: await freshVhost(t, QUEUES) };
    const router = await Router.start({ config, env });
    t.after(() => router.remove());
    return router;
  };

  describe(`An event source mapping of a stream, ${broker === "embedded" ? "embedded" : "on RabbitMQ"}`, () => {
    it("calls its function with each record, in Kinesis's form, and goes on where it was when the router starts again", async (t) => {
      const count = await functionOf(t);
      const router = await start(t, configOf(count.url, ", parallelizationFactor: 4"));
      await putAll(router, clicks(60, 5));
      await eventually("all came", () => new Set(count.clicks.map(({ n }) => n)).size === 60);
      const { kinesis, eventID, ...rest } = count.events[0]!.Records[0]!;
      const { data, sequenceNumber, partitionKey, approximateArrivalTimestamp, ...others } = kinesis;
      assert.match(sequenceNumber, /^\d{21}$/);
      assert.match(data, /^[A-Za-z0-9+/]+=*$/);
      assert.match(String(partitionKey), /^u-\d$/);
      assert.ok(Math.abs(Date.now() / 1_000 - Number(approximateArrivalTimestamp)) < 120);
      assert.equal(eventID, `shardId-000000000000:${sequenceNumber}`);
      assert.deepEqual(others, { kinesisSchemaVersion: "1.0" });
      assert.deepEqual(rest, {
        eventSource: "aws:kinesis",
        eventVersion: "1.0",
        eventName: "aws:kinesis:record",
        invokeIdentityArn: "arn:aws:iam::000000000000:role/busbar",
        awsRegion: "us-east-1",
        eventSourceARN: "arn:aws:kinesis:us-east-1:000000000000:stream/clicks",
      });
      await router.stop();
      const before = count.clicks.length;
      await router.launch();
      await putAll(router, clicks(20, 5, 60));
      await eventually("the rest came", () => new Set(count.clicks.map(({ n }) => n)).size === 80);
      assert.equal(count.clicks.length, before + 20, "what was finished at the stop does not come again");
      assertInOrder(count.clicks, 80);
    });

    it("passes over what fits no filter; halves a batch that fails until one record is left, gives that up, and says so in a queue", async (t) => {
      const count = await functionOf(t, ({ Records }) =>
        Records.some((one) => clickOf(one).n === 7) ? undefined : {},
      );
      const how = ", bisectBatchOnFunctionError: true, maximumRetryAttempts: 0, onFailure: { queue: failed }";
      const few = 'filters: [{ data: { detail: { n: [{ numeric: ["<", 50] }] } } }]';
      const router = await start(t, configOf(count.url, `${how}, maximumBatchingWindowInSeconds: 1, ${few}`));
      await putAll(router, clicks(10, 10));
      await putAll(router, clicks(1, 1, 99));
      await eventually("the bad one is given up", async () => (await router.depth("failed")) === 1);
      const [message] = await router.receive("failed");
      assert.partialDeepStrictEqual(JSON.parse(message!.body), {
        requestContext: { condition: "RetryAttemptsExhausted", approximateInvokeCount: 1 },
        responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
        version: "1.0",
        KinesisBatchInfo: { shardId: "shardId-000000000000", batchSize: 1 },
      });
      await putAll(router, clicks(1, 1, 10));
      await eventually("it goes on", () => count.clicks.some(({ n }) => n === 10));
      assertInOrder(count.clicks, 11);
      assert.ok(!count.clicks.some(({ n }) => n === 99), "what fits no filter is passed over");
      await router.logged("what was given up", ({ msg }) => msg === "records of a stream were given up");
    });
  });
}

describe("An event source mapping of a stream with tumbling windows", () => {
  it("carries the state from call to call, and over a stop, and ends each window by a final call", async (t) => {
    const count = await functionOf(t, ({ Records, state = {} }) => ({
      state: { total: (state.total ?? 0) + Records.length },
    }));
    const router = await Router.start({ config: configOf(count.url, ", tumblingWindowInSeconds: 15, batchSize: 2") });
    t.after(() => router.remove());
    await putAll(router, clicks(5, 1));
    await eventually("all came", () => count.clicks.length === 5);
    await router.stop();
    await router.launch();
    const finals = () => count.events.filter(({ isFinalInvokeForWindow }) => isFinalInvokeForWindow === true);
    const total = () => finals().reduce((sum, { state }) => sum + (state?.total ?? 0), 0);
    await eventually("all windows have ended", () => total() === 5);
    for (const { window } of finals()) {
      assert.equal(Date.parse(window!.end) - Date.parse(window!.start), 15_000);
      assert.equal(Date.parse(window!.start) % 15_000, 0);
    }
  });
});

describe("An event source mapping of a stream on RabbitMQ and two routers", () => {
  it("has one reader; when that is killed the other goes on, with no gap and each key in order", async (t) => {
    const count = await functionOf(t);
    const env = { BUSBAR_BROKER: await freshVhost(t, QUEUES) };
    const config = configOf(count.url, ", parallelizationFactor: 3, batchSize: 5");
    const one = await Router.start({ config, env });
    const two = await Router.start({ config, env });
    t.after(() => Promise.all([one.remove(), two.remove()]));
    await putAll(two, clicks(100, 7));
    await eventually("the reader is under way", () => count.clicks.length > 50);
    const putting = putAll(two, clicks(200, 7, 100));
    await one.kill();
    await putting;
    await eventually("all came", () => new Set(count.clicks.map(({ n }) => n)).size === 300);
    assertInOrder(count.clicks, 300);
  });
});
