import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readDelivery } from "../../../../src/domain/delivery/delivery-message.ts";
import type { Outcome } from "../../../../src/domain/failure/outcome.ts";
import type { Message } from "../../../../src/domain/queue/message.ts";
import type { FunctionConfig } from "../../../../src/domain/target/function.ts";
import type { FunctionLine } from "../../../../src/domain/logs/log-line.ts";
import { CallOutputs } from "../../../../src/flow/functions/call-outputs.ts";
import type { CallPermits } from "../../../../src/flow/functions/call-permits.ts";
import { Callees } from "../../../../src/flow/functions/callees.ts";
import { WaitingPolls } from "../../../../src/flow/functions/waiting-polls.ts";
import { InvokedFunctions } from "../../../../src/flow/invoke/invoked-functions.ts";
import { PublishError } from "../../../../src/ports/broker/publisher.ts";
import type { WaitingCall } from "../../../../src/ports/functions/function-calls.ts";
import type { Invocation, Poll } from "../../../../src/ports/functions/functions.ts";
import { eventually } from "../../../contract/waiting.ts";
import { RecordingObserver } from "../../../support/observe/recording-observer.ts";
import { logLine } from "../../../support/functions/log-line.ts";
import { sampleConfig, sampleFunction } from "../../../support/sample.ts";

const SUCCESS: Outcome = { ok: true, statusCode: 200, responseJson: '"done"' };
const OUTAGE: Outcome = { ok: false, reason: "connection", message: "refused" };
const POLLED = sampleFunction("polled", { run: { kind: "runtimeApi" } });
const LOCAL = sampleFunction("local", { run: { kind: "process", command: ["true"] } });

function asked(fn: FunctionConfig, changes: Partial<WaitingCall> = {}): WaitingCall {
  const whoAndWhat = { by: "access-key/app", trace: undefined, qualifier: undefined, clientContext: undefined };
  const gone = new AbortController().signal;
  return { id: "r-1", fn, payload: Buffer.from('{"a":1}'), wantsLog: false, gone, ...whoAndWhat, ...changes };
}

async function setUp(
  functions: readonly FunctionConfig[],
  invoke?: (invocation: Invocation, signal: AbortSignal) => Promise<Outcome>,
) {
  const paused = new Set<string>();
  const calls: Invocation[] = [];
  const published: Message[] = [];
  const stopping = new AbortController();
  const state = { isBrokerAway: false, nowMs: 1_000, waits: 0, permits: undefined as CallPermits | undefined };
  const open = { end: (): void => undefined };
  const observer = new RecordingObserver();
  const outputs = new CallOutputs();
  const polls = new WaitingPolls();
  const pauses = { isPaused: (label: string) => paused.has(label), onChange: () => undefined };
  /** A wait that ends at once, unless it is ended. */
  const sleep = (_ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      state.waits += 1;
      setImmediate(resolve);
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  const permitsOf = (): CallPermits | undefined => state.permits;
  const callees = new Callees({
    paused: pauses,
    functionInvoker: () => ({
      invoke: (invocation, signal) => {
        calls.push(invocation);
        return invoke?.(invocation, signal) ?? Promise.resolve(SUCCESS);
      },
      close: () => Promise.resolve(),
    }),
    apiDestinationInvoker: () => assert.fail("no API destination is called"),
    permitsOf,
    onCircuit: () => undefined,
    random: () => 0,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        open.end = resolve;
        signal.addEventListener("abort", reject);
      }),
    onError: (_where, error) => assert.fail(String(error)),
  });
  await callees.follow(sampleConfig({ functions }));
  const invoked = new InvokedFunctions({
    broker: {
      publish: (messages) => {
        if (state.isBrokerAway) return Promise.reject(new PublishError([{ index: 0, reason: "disconnected" }]));
        published.push(...messages);
        return Promise.resolve();
      },
    },
    callees,
    polls,
    elsewhere: {
      find: (_name, over) => new Promise((resolve) => over.addEventListener("abort", () => resolve(undefined))),
    },
    paused: pauses,
    permitsOf,
    outputs,
    observer,
    isOnlyRouter: false,
    nowMs: () => state.nowMs,
    sleep,
    abandon: stopping.signal,
  });
  return {
    invoked,
    callees,
    calls,
    published,
    paused,
    observer,
    outputs,
    polls,
    stopping,
    state,
    endOpen: () => open.end(),
  };
}

describe("A call whose caller waits", () => {
  it("has what the caller gave, and the function's outcome comes back and is observed once", async () => {
    const fn = sampleFunction("work");
    const { invoked, calls, observer } = await setUp([fn]);
    const trace = { traceparent: "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01" };
    const end = await invoked.call(asked(fn, { qualifier: "$LATEST", clientContext: "{}", trace }));
    assert.deepEqual(end, { kind: "called", outcome: SUCCESS, log: undefined });
    assert.deepEqual(calls, [
      {
        id: "r-1",
        attempt: 1,
        destination: { kind: "function", name: "work", qualifier: "$LATEST" },
        payload: Buffer.from('{"a":1}'),
        ...trace,
        clientContext: "{}",
      },
    ]);
    assert.deepEqual(observer.events, ["invoke started work", "invoked work success"]);
  });

  it("is refused at once while all slots are taken, whoever has them, and gives its own back", async () => {
    const fn = sampleFunction("work", { concurrency: 1 });
    const { invoked, callees, observer } = await setUp([fn]);
    const callee = callees.find("function/work");
    assert.ok(callee?.tryEnter() === true);
    assert.deepEqual(await invoked.call(asked(fn)), { kind: "refused", reason: "no_slot" });
    callee.leave();
    for (const id of ["r-2", "r-3"]) assert.equal((await invoked.call(asked(fn, { id }))).kind, "called");
    assert.deepEqual(observer.events.slice(0, 1), ["invoked work no_slot"]);
  });

  it("has what is kept for callers, and nothing of what deliveries have", async () => {
    const fn = sampleFunction("work", { concurrency: 3, callerConcurrency: 1 });
    const ends: ((outcome: Outcome) => void)[] = [];
    const { invoked, callees } = await setUp([fn], () => new Promise((resolve) => void ends.push(resolve)));
    const callee = callees.find("function/work");
    const delivering = [callee?.tryEnter(), callee?.tryEnter(), callee?.tryEnter()];
    assert.deepEqual(delivering, [true, true, false]);
    const calling = invoked.call(asked(fn));
    await eventually("a caller is let in beside them", () => ends.length === 1);
    callee?.leave();
    assert.deepEqual(await invoked.call(asked(fn)), { kind: "refused", reason: "no_slot" });
    ends[0]?.(SUCCESS);
    assert.equal((await calling).kind, "called");
    const next = invoked.call(asked(fn));
    await eventually("its slot is free again", () => ends.length === 2);
    ends[1]?.(SUCCESS);
    await next;
  });

  it("needs a permit where the function's concurrency is reserved, called or polling, and gives it back", async () => {
    const fn = sampleFunction("work");
    const { invoked, polls, state } = await setUp([fn, POLLED]);
    const counts = { free: 1, taken: 0 };
    const take = (): boolean => {
      if (counts.taken >= counts.free) return false;
      counts.taken += 1;
      return true;
    };
    state.permits = {
      tryTake: take,
      takeFree: () => Promise.resolve(take()),
      take: () => assert.fail("a caller waits for no call's end"),
      release: () => void (counts.taken -= 1),
    };
    const invoke = (): Promise<Outcome> => Promise.resolve(SUCCESS);
    for (const each of [fn, POLLED]) {
      counts.taken = 1;
      assert.deepEqual(await invoked.call(asked(each)), { kind: "refused", reason: "no_slot" }, each.name);
      counts.taken = 0;
      polls.offer({ functionName: "polled", gone: new AbortController().signal, invoke });
      assert.equal((await invoked.call(asked(each))).kind, "called", each.name);
      assert.equal(counts.taken, 0, each.name);
    }
    const off = sampleFunction("work", { reservedConcurrency: 0 });
    assert.deepEqual(await invoked.call(asked(off)), { kind: "refused", reason: "no_slot" });
  });

  it("is refused while the function is paused, and while its circuit is open", async () => {
    const circuitBreaker = { failureThreshold: 1, openSeconds: 60 };
    const fn = sampleFunction("work", { circuitBreaker });
    const { invoked, paused, calls } = await setUp([fn, POLLED], () => Promise.resolve(OUTAGE));
    for (const each of [fn, POLLED]) {
      paused.add(`function/${each.name}`);
      assert.deepEqual(await invoked.call(asked(each)), { kind: "refused", reason: "paused" });
    }
    paused.clear();
    assert.deepEqual(await invoked.call(asked(fn)), { kind: "called", outcome: OUTAGE, log: undefined });
    assert.deepEqual(await invoked.call(asked(fn)), { kind: "refused", reason: "circuit_open" });
    assert.equal(calls.length, 1);
  });

  it("is unknown where the router stops with it in hand", async () => {
    const fn = sampleFunction("work");
    const hang = (_invocation: Invocation, signal: AbortSignal) =>
      new Promise<Outcome>((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason as Error)),
      );
    const { invoked, stopping, observer } = await setUp([fn], hang);
    const calling = invoked.call(asked(fn));
    await eventually("it is called", () => observer.events.length === 1);
    stopping.abort();
    assert.deepEqual(await calling, { kind: "refused", reason: "stopped" });
  });

  it("goes to an environment that polls, to the next one where the first had gone, and to none that does not come", async () => {
    const { invoked, polls, observer } = await setUp([POLLED]);
    const given: Invocation[] = [];
    const poll = (outcome: Outcome | "gone"): Poll => ({
      functionName: "polled",
      gone: new AbortController().signal,
      invoke: (invocation, timeoutMs) => {
        given.push(invocation);
        assert.equal(timeoutMs, 3_000);
        return Promise.resolve(outcome);
      },
    });
    const [gone, there] = [polls.offer(poll("gone")), polls.offer(poll(SUCCESS))];
    assert.deepEqual(await invoked.call(asked(POLLED)), { kind: "called", outcome: SUCCESS, log: undefined });
    assert.equal(given.length, 2);
    await Promise.all([gone.withdraw(), there.withdraw()]);
    assert.deepEqual(await invoked.call(asked(POLLED)), { kind: "refused", reason: "no_environment" });
    assert.deepEqual(observer.events.slice(-2), ["invoked polled success", "invoked polled no_environment"]);
  });

  it("is refused where the function is paused while it waits, and the environment that comes waits on", async () => {
    const { invoked, polls, paused } = await setUp([POLLED]);
    const calling = invoked.call(asked(POLLED));
    paused.add("function/polled");
    const invoke = () => assert.fail("it is called");
    const offered = polls.offer({ functionName: "polled", gone: new AbortController().signal, invoke });
    assert.deepEqual(await calling, { kind: "refused", reason: "paused" });
    assert.equal(await offered.withdraw(), false);
  });

  it("is not made for a caller who hung up while it waited, and the environment that comes waits on", async () => {
    const { invoked, polls, observer } = await setUp([POLLED]);
    const hangUp = new AbortController();
    const calling = invoked.call(asked(POLLED, { gone: hangUp.signal }));
    hangUp.abort();
    const invoke = () => assert.fail("it is called");
    const offered = polls.offer({ functionName: "polled", gone: new AbortController().signal, invoke });
    assert.deepEqual(await calling, { kind: "refused", reason: "caller_gone" });
    assert.equal(await offered.withdraw(), undefined);
    assert.deepEqual(observer.events, ["invoked polled caller_gone"]);
  });

  it("waits for no other environment once the router has stopped", async () => {
    const { invoked, polls, stopping, state } = await setUp([POLLED]);
    const invoke = (): Promise<"gone"> => {
      stopping.abort();
      return Promise.resolve("gone");
    };
    polls.offer({ functionName: "polled", gone: new AbortController().signal, invoke });
    assert.deepEqual(await invoked.call(asked(POLLED)), { kind: "refused", reason: "stopped" });
    assert.equal(state.waits, 1);
  });

  it("that ends during another's trial of a half-open circuit leaves that the only one", async () => {
    const ends: ((outcome: Outcome) => void)[] = [];
    const circuitBreaker = { failureThreshold: 1, openSeconds: 60 };
    const fn = sampleFunction("work", { circuitBreaker, concurrency: 10 });
    const hang = (): Promise<Outcome> => new Promise((resolve) => void ends.push(resolve));
    const { invoked, callees, endOpen } = await setUp([fn], hang);
    const halfOpen = async (): Promise<void> => {
      endOpen();
      await eventually("it is half open", () => callees.find("function/work")?.circuit === "half-open");
    };
    const early = [invoked.call(asked(fn)), invoked.call(asked(fn))];
    await eventually("both are called", () => ends.length === 2);
    ends[0]?.(OUTAGE);
    await early[0];
    await halfOpen();
    const trial = invoked.call(asked(fn));
    await eventually("it is called for a trial", () => ends.length === 3);
    ends[1]?.(OUTAGE);
    await early[1];
    await halfOpen();
    assert.deepEqual(await invoked.call(asked(fn)), { kind: "refused", reason: "circuit_open" });
    ends[2]?.(SUCCESS);
    assert.equal((await trial).kind, "called");
  });

  it("that waited for a permit makes no second trial of a half-open circuit", async () => {
    const ends: ((outcome: Outcome) => void)[] = [];
    const circuitBreaker = { failureThreshold: 1, openSeconds: 60 };
    const fn = sampleFunction("work", { circuitBreaker, concurrency: 10 });
    const hang = (): Promise<Outcome> => new Promise((resolve) => void ends.push(resolve));
    const { invoked, callees, endOpen, state } = await setUp([fn], hang);
    const broken = invoked.call(asked(fn));
    await eventually("it is called", () => ends.length === 1);
    ends[0]?.(OUTAGE);
    await broken;
    endOpen();
    await eventually("it is half open", () => callees.find("function/work")?.circuit === "half-open");
    const waiting: ((isTaken: boolean) => void)[] = [];
    let released = 0;
    state.permits = {
      tryTake: () => false,
      takeFree: () => new Promise((resolve) => void waiting.push(resolve)),
      take: () => assert.fail("a caller waits for no call's end"),
      release: () => void (released += 1),
    };
    const [first, second] = [invoked.call(asked(fn)), invoked.call(asked(fn))];
    for (const take of waiting) take(true);
    assert.deepEqual(await second, { kind: "refused", reason: "circuit_open" });
    assert.deepEqual([ends.length, released], [2, 1]);
    ends[1]?.(SUCCESS);
    assert.equal((await first).kind, "called");
    assert.equal(released, 2);
  });

  it("takes as long as the function did, without the wait for an environment", async () => {
    const { invoked, polls, observer, state } = await setUp([POLLED]);
    const tookMs: number[] = [];
    observer.invoked = ({ startedAtMs, endedAtMs }) => void tookMs.push(endedAtMs - startedAtMs);
    const calling = invoked.call(asked(POLLED));
    state.nowMs = 5_000;
    polls.offer({
      functionName: "polled",
      gone: new AbortController().signal,
      invoke: () => {
        state.nowMs = 5_300;
        return Promise.resolve(SUCCESS);
      },
    });
    await calling;
    assert.deepEqual(tookMs, [300]);
  });

  it("has the last of what a process wrote, also what came after its answer, within 4,096 bytes", async () => {
    let write = (): void => undefined;
    const { invoked, outputs } = await setUp([LOCAL], () => {
      write();
      return Promise.resolve(SUCCESS);
    });
    const say = (text: string, line: Partial<FunctionLine> = {}): void =>
      outputs.take(logLine({ requestId: "r-1", text, ...line }));
    const report = (): void => say("REPORT RequestId: r-1", { source: "platform", isLast: true });
    write = () => {
      say("START RequestId: r-1 Version: $LATEST", { source: "platform" });
      say("before");
      say("of another call", { requestId: "another" });
      setImmediate(() => {
        say("after", { source: "stderr" });
        report();
      });
    };
    const logOf = async (changes: Partial<WaitingCall>) => {
      const end = await invoked.call(asked(LOCAL, changes));
      return end.kind === "called" ? end.log?.toString() : undefined;
    };
    const lines = ["START RequestId: r-1 Version: $LATEST", "before", "after", "REPORT RequestId: r-1", ""];
    assert.equal(await logOf({ wantsLog: true }), lines.join("\n"));
    assert.equal(await logOf({}), undefined);
    write = () => {
      say("é".repeat(2_040));
      say("ü".repeat(20));
      report();
    };
    const long = Buffer.from((await logOf({ wantsLog: true })) ?? "");
    assert.ok(long.length <= 4_096 && long.length > 4_090 && !long.toString().includes("\ufffd"));
  });
});

describe("An event for a function", () => {
  it("is an ordinary delivery in the function's queue, with the payload as it was given", async () => {
    const fn = sampleFunction("work", { orderBy: { path: "$.a", whenFailed: "skip" } });
    const { invoked, published, observer } = await setUp([fn]);
    await invoked.queue(asked(fn));
    const [message] = published;
    assert.equal(message?.queue, "busbar.ordered.work");
    const read = readDelivery({ ...message, crashes: 0, headers: message.headers });
    assert.ok(read.ok);
    const { id, body, attempt, rendered, origin, test } = read.delivery;
    assert.deepEqual(
      [id, body.toString(), attempt, rendered, origin, test],
      ["r-1", '{"a":1}', 1, {}, undefined, undefined],
    );
    assert.deepEqual(observer.events, ["invoke queued work"]);
  });

  it("that the broker did not store is refused, and observed as not stored", async () => {
    const fn = sampleFunction("work");
    const { invoked, observer, state } = await setUp([fn]);
    state.isBrokerAway = true;
    await assert.rejects(invoked.queue(asked(fn)), PublishError);
    assert.deepEqual(observer.events, ["invoke not stored work"]);
  });
});
