import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Delivery } from "../../../../src/domain/delivery/delivery.ts";
import { readDelivery } from "../../../../src/domain/delivery/delivery-message.ts";
import type { Message } from "../../../../src/domain/queue/message.ts";
import { CallOutputs } from "../../../../src/flow/functions/call-outputs.ts";
import { RoutersFunctionTests } from "../../../../src/flow/function-tests/function-tests.ts";
import { encodeTestMessage } from "../../../../src/flow/function-tests/test-message.ts";
import { testResultOf } from "../../../../src/flow/function-tests/test-result.ts";
import { PublishError } from "../../../../src/ports/broker/publisher.ts";
import { logLine } from "../../../support/functions/log-line.ts";
import { sampleFunction } from "../../../support/sample.ts";

const NOW_MS = 1_790_000_000_000;
const FN = sampleFunction("f", { timeoutSeconds: 3 });
const WAIT_MS = 10_000;
const SUCCESS = { ok: true, statusCode: 200, responseJson: '"hello"' } as const;

/** Two routers at one broker: people ask the first, and the second has the function's queue. */
function twoRouters(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const listeners = new Map<string, (body: Buffer) => void>();
  const state = { isConnected: true, isRefusing: false, queued: [] as Message[], errors: [] as string[] };
  let ids = 0;
  const outputs = new CallOutputs();
  const router = (name: string) =>
    new RoutersFunctionTests({
      outputs,
      broker: {
        get address() {
          return state.isConnected ? name : undefined;
        },
        broadcast: () => Promise.reject(new Error("nothing is for all")),
        onBroadcast: (listener) => void listeners.set(name, listener),
        send: (address, body) => {
          if (state.isRefusing) return Promise.reject(new Error("away"));
          listeners.get(address)?.(body);
          return Promise.resolve();
        },
        publish: (messages) => {
          state.queued.push(...messages);
          return Promise.resolve();
        },
      },
      newId: () => `t-${++ids}`,
      nowMs: () => NOW_MS,
      onError: ({ message }) => void state.errors.push(message),
    });
  const [one, two] = [router("one"), router("two")];
  const reached: string[] = [];
  const ask = () =>
    one.test(FN, Buffer.from('{"a":1}'), {
      waitMs: WAIT_MS,
      signal: new AbortController().signal,
      reached: (progress, id) => void reached.push(`${progress} ${id}`),
    });
  const taken = (index = 0): Delivery => {
    const read = readDelivery({ ...(state.queued[index] ?? assert.fail("nothing is queued")), crashes: 0 });
    return read.ok ? read.delivery : assert.fail(read.problem);
  };
  const hear = (body: Buffer): void => listeners.get("one")?.(body);
  return { one, two, outputs, state, reached, ask, taken, hear };
}

const ended = (delivery: Delivery) => ({ delivery, outcome: SUCCESS, invoked: true, startedAtMs: 1, endedAtMs: 4 });

describe("A test of a function over two routers", () => {
  it("waits its turn in the function's queue, and its result comes to who asked, with the lines that came late", async (t) => {
    const { two, outputs, ask, taken, reached } = twoRouters(t);
    const asked = ask();
    await nextTurn();
    const delivery = taken();
    assert.deepEqual(delivery.test, { from: "one", untilMs: NOW_MS + WAIT_MS });
    two.began(delivery);
    outputs.take(logLine({ requestId: delivery.id, source: "platform", text: "START" }));
    outputs.take(logLine({ requestId: delivery.id, text: "at once" }));
    outputs.take(logLine({ requestId: "another", text: "of a delivery" }));
    two.ended(ended(delivery));
    await nextTurn();
    outputs.take(logLine({ requestId: delivery.id, source: "stderr", text: "late" }));
    outputs.take(logLine({ requestId: delivery.id, source: "platform", text: "REPORT", isLast: true }));
    const result = await asked;
    assert.ok(result !== "full");
    assert.deepEqual(
      [result.outcome, result.response, result.output.map(({ line }) => line)],
      ["success", '"hello"', ["at once", "late"]],
    );
    assert.deepEqual(reached, [`waiting ${delivery.id}`, `calling ${delivery.id}`]);
  });

  it("was not taken where no word of it came in time, with two seconds for that word", async (t) => {
    const { two, ask, taken } = twoRouters(t);
    const [late, never] = [ask(), ask()];
    await nextTurn();
    t.mock.timers.tick(WAIT_MS + 1_999);
    two.began(taken(0));
    await nextTurn();
    t.mock.timers.tick(1);
    const result = await never;
    assert.deepEqual(result !== "full" && [result.outcome, result.invoked], ["not_taken", false]);
    two.ended(ended(taken(0)));
    assert.equal(((await late) as { outcome: string }).outcome, "success");
  });

  it("is unknown where a router has it and gives no result in twice the function's time and 15 s", async (t) => {
    const { two, ask, taken } = twoRouters(t);
    const asked = ask();
    let isOver = false;
    void asked.then(() => (isOver = true));
    await nextTurn();
    two.began(taken());
    await nextTurn();
    t.mock.timers.tick(20_999);
    await nextTurn();
    assert.equal(isOver, false);
    t.mock.timers.tick(1);
    const result = await asked;
    assert.deepEqual(result !== "full" && [result.outcome, result.invoked], ["unknown", true]);
  });

  it("has its result although the first word of it was lost", async (t) => {
    const { ask, taken, hear } = twoRouters(t);
    const asked = ask();
    await nextTurn();
    const result = testResultOf(ended(taken()));
    hear(encodeTestMessage({ type: "ended", id: "another", result }));
    hear(encodeTestMessage({ type: "ended", id: taken().id, result }));
    assert.deepEqual(await asked, result);
  });

  it("is refused where sixteen are waited for, and where the broker is away", async (t) => {
    const { two, ask, taken, state } = twoRouters(t);
    const asked = Array.from({ length: 16 }, ask);
    await nextTurn();
    assert.equal(await ask(), "full");
    two.ended(ended(taken(3)));
    await asked[3];
    const another = ask();
    await nextTurn();
    assert.equal(state.queued.length, 17);
    two.ended(ended(taken(16)));
    await another;
    state.isConnected = false;
    await assert.rejects(ask(), PublishError);
  });

  it("whose result the broker does not take is reported", async (t) => {
    const { two, ask, taken, state } = twoRouters(t);
    void ask();
    await nextTurn();
    state.isRefusing = true;
    two.ended(ended(taken()));
    await nextTurn();
    assert.deepEqual(state.errors, ["a test's result could not be sent to the router that waits for it"]);
  });

  it("says whether the function was called, and cuts a long error", (t) => {
    const { taken, ask } = twoRouters(t);
    void ask();
    const facts = ended(taken());
    const outcome = { ok: false, reason: "connection", message: "x".repeat(10_000) } as const;
    const result = testResultOf({ ...facts, outcome, invoked: false });
    assert.deepEqual([result.outcome, result.invoked, result.message?.length], ["connection", false, 4_096]);
    const unknown = testResultOf({ ...facts, outcome: "unknown" });
    assert.deepEqual([unknown.outcome, unknown.invoked], ["unknown", true]);
  });
});
