import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleepFor } from "node:timers/promises";
import type { EventBridgeClient, StartReplayCommandInput } from "@aws-sdk/client-eventbridge";
import {
  CancelReplayCommand,
  DescribeReplayCommand,
  ListReplaysCommand,
  StartReplayCommand,
} from "@aws-sdk/client-eventbridge";
import type { JobOrder, JobProgress } from "../../../src/domain/job/job.ts";
import { NO_PROGRESS } from "../../../src/domain/job/job.ts";
import type { Listening } from "../../../src/edge/http/server.ts";
import { listen } from "../../../src/edge/http/server.ts";
import { SharedLog } from "../../../src/flow/control-log/shared-log.ts";
import { Jobs } from "../../../src/flow/jobs/jobs.ts";
import type { WorkEnd } from "../../../src/ports/admin/jobs.ts";
import { eventually } from "../../contract/waiting.ts";
import { eventsClient } from "../../support/aws/events-client.ts";
import { MemoryCluster } from "../../support/rabbitmq/memory-cluster.ts";
import { publicApp } from "../../support/http/public-app.ts";
import { sampleConfig, sampleRule } from "../../support/sample.ts";

const ARN = "arn:aws:events:us-east-1:000000000000";
const CONFIG = {
  ...sampleConfig({
    buses: ["orders"],
    rules: [
      sampleRule("big", { source: ["shop"] }, [], { bus: "orders" }),
      sampleRule("all", { source: ["shop"] }, []),
    ],
  }),
  archives: new Map([
    ["kept", { name: "kept", bus: "default", retention: {} }],
    ["others", { name: "others", bus: "orders", retention: {} }],
  ]),
};

const at = (seconds: number) => new Date(seconds * 1_000);

/** What a test lets a replay do. */
interface Piece {
  readonly order: JobOrder;
  readonly reached: (progress: JobProgress) => void;
  readonly end: (end: WorkEnd) => void;
}

describe("replays with the AWS SDK, on two routers", () => {
  const cluster = new MemoryCluster();
  const pieces: Piece[] = [];
  const routers: { readonly jobs: Jobs; readonly server: Listening; readonly client: EventBridgeClient }[] = [];

  before(async () => {
    for (const name of ["one", "two"]) {
      const { log, broadcast } = cluster.connect(name);
      const shared = new SharedLog(log, () => assert.fail("unreadable"));
      const jobs = new Jobs({
        log: shared,
        broadcast,
        isConnected: () => true,
        work: (order, { signal, reached }) => {
          const { promise, resolve } = Promise.withResolvers<WorkEnd>();
          signal.addEventListener("abort", () => resolve({ progress: NO_PROGRESS, end: "failed" }), { once: true });
          pieces.push({ order, reached, end: resolve });
          return promise;
        },
        silenceMs: 10_000,
        heldBackMs: 0,
        tickMs: 20,
        router: name,
        observer: { job: () => undefined },
        onError: (error) => assert.fail(String(error)),
        newId: randomUUID,
        nowMs: () => 1_790_000_000_500,
        steadyMs: () => performance.now(),
        sleep: (ms, signal) => sleepFor(ms, undefined, { signal }),
      });
      await shared.start();
      const server = await listen(publicApp({ config: CONFIG, jobs }).app, { host: "127.0.0.1", port: 0 });
      routers.push({ jobs, server, client: eventsClient(server.url) });
    }
  });
  after(async () => {
    for (const { jobs, server, client } of routers) {
      client.destroy();
      await jobs.stop();
      await server.close(100);
    }
  });

  const client = (index = 0): EventBridgeClient => routers[index]?.client ?? assert.fail();
  const input = (changes: Partial<StartReplayCommandInput> = {}): StartReplayCommandInput => ({
    ReplayName: "again",
    EventSourceArn: `${ARN}:archive/kept`,
    EventStartTime: at(1_000),
    EventEndTime: at(2_000),
    Destination: { Arn: `${ARN}:event-bus/default` },
    ...changes,
  });
  const start = (changes: Partial<StartReplayCommandInput> = {}) =>
    client().send(new StartReplayCommand(input(changes)));
  const pieceOf = async (name: string): Promise<Piece> => {
    const find = () => pieces.find(({ order }) => order.kind === "replay" && order.name === name);
    await eventually("it runs", () => find() !== undefined);
    return find() ?? assert.fail();
  };

  it("are refused in AWS's words, the times before anything else", async () => {
    const invalid = (parameter: string, reason: string) => ({
      name: "ValidationException",
      message: `Parameter ${parameter} is not valid. Reason: ${reason}`,
    });
    const other = { Arn: `${ARN}:event-bus/orders` };
    const times = invalid("EventEndTime", "EventStartTime must be before EventEndTime.");
    const cases: readonly (readonly [Partial<StartReplayCommandInput>, { name: string; message: string }])[] = [
      [{ EventEndTime: at(1_000), Destination: other }, times],
      [{ EventEndTime: new Date(1_000_900), EventStartTime: new Date(1_000_100) }, times],
      [{ Destination: { Arn: `${ARN}:rule/all` } }, invalid("Destination.Arn", "Must contain an event bus ARN.")],
      [
        { Destination: { Arn: `${ARN}:event-bus/gone` }, EventSourceArn: `${ARN}:archive/gone` },
        { name: "ResourceNotFoundException", message: "Event bus gone does not exist." },
      ],
      [
        { Destination: other, EventSourceArn: `${ARN}:archive/gone` },
        invalid("EventSourceArn", "Archive gone does not exist."),
      ],
      [{ Destination: other }, invalid("Destination.Arn", "Cross event bus replay is not permitted.")],
      [
        { Destination: { Arn: `${ARN}:event-bus/default`, FilterArns: [`${ARN}:rule/orders/big`] } },
        invalid("Destination.FilterArns", `Rule ${ARN}:rule/orders/big does not exist on EventBus default.`),
      ],
      [
        { ReplayName: "with blank" },
        {
          name: "ValidationException",
          message:
            "1 validation error detected: Value 'with blank' at 'replayName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
        },
      ],
    ];
    for (const [changes, error] of cases) await assert.rejects(start(changes), error, JSON.stringify(changes));
    const gone = { name: "ResourceNotFoundException", message: "Replay gone does not exist." };
    await assert.rejects(client().send(new DescribeReplayCommand({ ReplayName: "gone" })), gone);
    await assert.rejects(client().send(new CancelReplayCommand({ ReplayName: "gone" })), gone);
    assert.deepEqual(pieces, []);
  });

  it("are described on every router, from their start to their end, and a name is used once", async () => {
    const filter = `${ARN}:rule/orders/big`;
    const started = await start({
      ReplayName: "whole",
      Description: "after the fix",
      EventSourceArn: `${ARN}:archive/others`,
      Destination: { Arn: `${ARN}:event-bus/orders`, FilterArns: [filter] },
    });
    const { $metadata: _, ...answer } = started;
    assert.deepEqual(answer, {
      ReplayArn: `${ARN}:replay/whole`,
      ReplayStartTime: at(1_790_000_000),
      State: "STARTING",
    });
    const { order, reached, end } = await pieceOf("whole");
    assert.deepEqual(order, {
      kind: "replay",
      name: "whole",
      archive: "others",
      bus: "orders",
      fromMs: 1_000_000,
      toMs: 2_000_000,
      rules: ["big"],
      description: "after the fix",
    });
    const described = async () => {
      const { $metadata: _metadata, ...shown } = await client(1).send(
        new DescribeReplayCommand({ ReplayName: "whole" }),
      );
      return shown;
    };
    const always = {
      ReplayName: "whole",
      ReplayArn: `${ARN}:replay/whole`,
      EventSourceArn: `${ARN}:archive/others`,
      Destination: { Arn: `${ARN}:event-bus/orders`, FilterArns: [filter] },
      EventStartTime: at(1_000),
      EventEndTime: at(2_000),
      ReplayStartTime: at(1_790_000_000),
      Description: "after the fix",
    };
    assert.deepEqual(await described(), { ...always, State: "STARTING" });
    const place = { end: 9, minute: 20, position: 3, lastTimeMs: 1_230_000 };
    reached({ ...NO_PROGRESS, looked: 9, left: 4, removed: 5, place });
    await eventually("the other router hears of it", async () => (await described()).State === "RUNNING");
    assert.deepEqual(await described(), { ...always, State: "RUNNING", EventLastReplayedTime: at(1_230) });
    end({ end: "complete", progress: { ...NO_PROGRESS, looked: 9, removed: 9, place } });
    await eventually("it has ended", async () => (await described()).State === "COMPLETED");
    const times = { EventLastReplayedTime: at(1_230), ReplayEndTime: at(1_790_000_000) };
    assert.deepEqual(await described(), { ...always, ...times, State: "COMPLETED" });

    const exists = { name: "ResourceAlreadyExistsException", message: "Replay whole already exists." };
    await assert.rejects(client(1).send(new StartReplayCommand(input({ ReplayName: "whole" }))), exists);
    const illegal = {
      name: "IllegalStatusException",
      message: "Replay whole is not in a valid state for this operation.",
    };
    await assert.rejects(client().send(new CancelReplayCommand({ ReplayName: "whole" })), illegal);
  });

  it("are cancelled from the other router, and say why they failed", async () => {
    await start({ ReplayName: "cancelled" });
    await pieceOf("cancelled");
    const { $metadata: _, ...answer } = await client(1).send(new CancelReplayCommand({ ReplayName: "cancelled" }));
    assert.deepEqual(answer, { ReplayArn: `${ARN}:replay/cancelled`, State: "CANCELLING" });
    const stateOf = async (name: string) => client().send(new DescribeReplayCommand({ ReplayName: name }));
    await eventually("it is cancelled", async () => (await stateOf("cancelled")).State === "CANCELLED");
    assert.equal((await stateOf("cancelled")).EventLastReplayedTime, undefined);
    await start({ ReplayName: "failed" });
    (await pieceOf("failed")).end({
      progress: NO_PROGRESS,
      end: "failed",
      isRefused: true,
      problem: "the bus is gone",
    });
    await eventually("it failed", async () => (await stateOf("failed")).State === "FAILED");
    assert.equal((await stateOf("failed")).StateReason, "the bus is gone");
  });

  it("are ten at once, listed by name in pages, by one filter at most", async () => {
    for (let n = 0; n < 10; n++) await start({ ReplayName: `page-${n}` });
    const tooMany = {
      name: "LimitExceededException",
      message: "The requested resource exceeds the maximum number allowed.",
    };
    await assert.rejects(start({ ReplayName: "page-more" }), tooMany);
    const names: (string | undefined)[] = [];
    let token: string | undefined;
    do {
      const command = new ListReplaysCommand({ NamePrefix: "page-", Limit: 4, NextToken: token });
      const { Replays = [], NextToken } = await client(1).send(command);
      names.push(...Replays.map(({ ReplayName }) => ReplayName));
      token = NextToken;
    } while (token !== undefined);
    assert.deepEqual(
      names,
      Array.from({ length: 10 }, (_, n) => `page-${n}`),
    );
    const list = async (filter: object) => (await client(1).send(new ListReplaysCommand(filter))).Replays ?? [];
    assert.deepEqual(
      (await list({ State: "COMPLETED" })).map(({ ReplayName }) => ReplayName),
      ["whole"],
    );
    assert.deepEqual(Object.keys((await list({ EventSourceArn: `${ARN}:archive/others` }))[0] ?? {}).sort(), [
      "EventEndTime",
      "EventLastReplayedTime",
      "EventSourceArn",
      "EventStartTime",
      "ReplayEndTime",
      "ReplayName",
      "ReplayStartTime",
      "State",
    ]);
    await assert.rejects(list({ State: "RUNNING", NamePrefix: "a" }), {
      name: "ValidationException",
      message: "At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix.",
    });
    await assert.rejects(list({ State: "GONE" }), /STARTING, RUNNING, CANCELLING, COMPLETED, CANCELLED, FAILED/);
  });
});
