import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Outcome } from "../../../../src/domain/failure/outcome.ts";
import { CircuitBreaker } from "../../../../src/flow/functions/circuit-breaker.ts";
import { sampleConfig, sampleFunction } from "../../../support/sample.ts";
import { sampleMessage, scriptedConsumers, SUCCESS, turn } from "../../../support/rabbitmq/scripted-consumers.ts";

const QUEUE = "busbar.function.f";
const POLICY = { failureThreshold: 3, openSeconds: 5 };
const DOWN: Outcome = { ok: false, reason: "connection", message: "it is down" };

function setUp(concurrency = 10) {
  const answer: { outcome: Outcome | Promise<Outcome>; calls: number } = { outcome: DOWN, calls: 0 };
  const scripted = scriptedConsumers({
    functions: [sampleFunction("f", { concurrency, circuitBreaker: POLICY }), sampleFunction("g")],
    call: async () => {
      answer.calls += 1;
      return answer.outcome;
    },
  });
  const { broker } = scripted;
  const hand = async (count: number): Promise<void> => {
    for (let handed = 0; handed < count; handed++) await broker.hand(sampleMessage(QUEUE));
    await turn();
  };
  return { ...scripted, answer, hand };
}

describe("circuit breaker", () => {
  it("An open circuit cancels its destination's consumer and no other", async () => {
    const { broker, current, circuits, consumers, hand } = setUp();
    await consumers.start(current.config);
    await hand(2);
    assert.equal(broker.of(QUEUE)?.state, "running");
    await hand(1);
    assert.equal(broker.of(QUEUE)?.state, "paused");
    assert.equal(broker.of("busbar.function.g")?.state, "running");
    const destination = { kind: "function", name: "f" };
    assert.deepEqual(circuits, [{ destination, state: "open", failure: DOWN }]);
    await consumers.stop();
  });

  it("An open circuit gives back messages that are not yet called, without using an attempt", async () => {
    const { broker, current, answer, consumers, hand } = setUp();
    await consumers.start(current.config);
    await hand(5);
    assert.equal(answer.calls, 3);
    assert.deepEqual(
      broker.stored.map(({ queue, headers }) => [queue, headers["busbar-attempt"]]),
      [
        [QUEUE, 1],
        [QUEUE, 1],
      ],
    );
    await consumers.stop();
  });

  it("An open circuit lets one call at a time through after a while, and opens again when that call fails", async () => {
    const { broker, current, circuits, answer, consumers, hand, passTime } = setUp();
    await consumers.start(current.config);
    await hand(3);
    await passTime(4_999);
    assert.equal(broker.of(QUEUE)?.state, "paused");
    await passTime(5_000);
    const probe = broker.of(QUEUE);
    assert.deepEqual([probe?.state, probe?.limit], ["running", 1]);
    await hand(1);
    assert.deepEqual([probe?.state, answer.calls], ["paused", 4]);
    await passTime(5_000);
    assert.equal(probe?.state, "running");
    assert.deepEqual(
      circuits.map(({ state }) => state),
      ["open", "half-open", "open", "half-open"],
    );
    await consumers.stop();
  });

  it("A circuit closes when its trial call does not fail, and its consumer takes messages as before", async () => {
    const { broker, current, circuits, answer, consumers, hand, passTime } = setUp();
    await consumers.start(current.config);
    await hand(3);
    await passTime(5_000);
    answer.outcome = { ok: false, reason: "function_error", message: "it answers" };
    await hand(1);
    assert.deepEqual([broker.of(QUEUE)?.state, broker.of(QUEUE)?.limit], ["running", 10]);
    assert.equal(circuits.at(-1)?.state, "closed");
    assert.equal(broker.consumers.filter(({ queue, state }) => queue === QUEUE && state === "running").length, 1);
    await consumers.stop();
  });

  it("A circuit with calls that hang still makes its trial call, and stays within the concurrency", async () => {
    const { broker, current, answer, consumers, hand, passTime } = setUp(4);
    await consumers.start(current.config);
    const hanging = Promise.withResolvers<Outcome>();
    answer.outcome = hanging.promise;
    const first = [broker.hand(sampleMessage(QUEUE)), broker.hand(sampleMessage(QUEUE))];
    await turn();
    answer.outcome = DOWN;
    await hand(3);
    assert.equal(broker.of(QUEUE)?.state, "paused");
    await passTime(5_000);
    answer.outcome = SUCCESS;
    await hand(1);
    const running = broker.of(QUEUE);
    assert.deepEqual([running?.state, running?.limit, answer.calls], ["running", 4, 6]);
    answer.outcome = hanging.promise;
    const more = [1, 2, 3, 4].map(() => broker.hand(sampleMessage(QUEUE)));
    await turn();
    assert.equal(answer.calls, 8);
    hanging.resolve(SUCCESS);
    await Promise.all([...first, ...more]);
    await consumers.stop();
  });

  it("A suspect goes back to its queue while the circuit is open", async () => {
    const { broker, current, answer, consumers, hand } = setUp();
    await consumers.start(current.config);
    await hand(3);
    await broker.hand(sampleMessage("busbar.suspect", { suspicions: 2 }));
    assert.equal(answer.calls, 3);
    assert.deepEqual(
      broker.stored.map(({ queue, headers }) => [queue, headers["busbar-suspicions"]]),
      [[QUEUE, 2]],
    );
    await consumers.stop();
  });

  it("A circuit is closed when its configuration ends, and the next one begins closed", async () => {
    const { broker, current, circuits, consumers, hand, passTime } = setUp();
    await consumers.start(current.config);
    await hand(3);
    const changed = sampleFunction("f", { circuitBreaker: { ...POLICY, openSeconds: 6 } });
    await consumers.follow(sampleConfig({ functions: [changed] }));
    assert.equal(circuits.at(-1)?.state, "closed");
    assert.equal(broker.of(QUEUE)?.state, "running");
    await passTime();
    assert.equal(circuits.at(-1)?.state, "closed");
    await consumers.stop();
  });

  it("A circuit stays open after a reload that changes nothing", async () => {
    const { broker, current, circuits, consumers, hand } = setUp();
    await consumers.start(current.config);
    await hand(3);
    const reloaded = [sampleFunction("f", { concurrency: 10, circuitBreaker: { ...POLICY } }), sampleFunction("g")];
    await consumers.follow(sampleConfig({ functions: reloaded }));
    assert.deepEqual([circuits.at(-1)?.state, broker.of(QUEUE)?.state], ["open", "paused"]);
    await consumers.stop();
  });

  it("A destination with the circuit breaker disabled goes on being called", async () => {
    const { broker, current, circuits, consumers } = setUp();
    await consumers.start(current.config);
    for (let handed = 0; handed < 50; handed++) await broker.hand(sampleMessage("busbar.function.g"));
    assert.deepEqual(circuits, []);
    assert.equal(broker.of("busbar.function.g")?.state, "running");
    await consumers.stop();
  });

  it("A circuit notifies once of each new state, however many calls end in it", async () => {
    const states: string[] = [];
    const breaker = new CircuitBreaker({
      destination: { kind: "function", name: "f" },
      policy: { failureThreshold: 2, openSeconds: 5 },
      sleep: () => Promise.resolve(),
      onChange: ({ state }) => states.push(state),
    });
    for (const outcome of [SUCCESS, DOWN, DOWN, DOWN]) breaker.called(outcome);
    await turn();
    for (const outcome of [SUCCESS, SUCCESS, DOWN, SUCCESS]) breaker.called(outcome);
    breaker.stop();
    assert.deepEqual(states, ["open", "half-open", "closed"]);
  });
});
