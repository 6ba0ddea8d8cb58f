import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CircuitFacts } from "../../../../src/domain/facts.ts";
import type { Outcome } from "../../../../src/domain/failure/outcome.ts";
import { outcomeName } from "../../../../src/domain/failure/outcome.ts";
import type { FunctionAlias } from "../../../../src/domain/target/function-alias.ts";
import type { FunctionConfig } from "../../../../src/domain/target/function.ts";
import { circuitLabel, functionRef } from "../../../../src/domain/target/target.ts";
import { Callees } from "../../../../src/flow/functions/callees.ts";
import { sampleConfig, sampleFunction } from "../../../support/sample.ts";

const NEVER = new AbortController().signal;
const SUCCESS: Outcome = { ok: true, statusCode: 200 };
const AWAY: Outcome = { ok: false, reason: "connection", message: "nobody listens" };

const POLICY = { failureThreshold: 2, openSeconds: 7 };

/** `f` with the versions 1 and 2, and what its aliases say. */
function versioned(...aliases: readonly FunctionAlias[]): FunctionConfig {
  const fn = sampleFunction("f", { concurrency: 2, circuitBreaker: POLICY });
  const versions = new Map(["1", "2"].map((version) => [version, { ...fn, version }]));
  return { ...fn, versions, aliases: new Map(aliases.map((alias) => [alias.name, alias])) };
}

const LIVE: FunctionAlias = { name: "live", version: "1", additional: { version: "2", weight: 0.25 } };

/** Callees whose draws and answers a test decides. */
async function setUp(fn: FunctionConfig) {
  const state = { random: 0.99, answers: new Map<string, Outcome>() };
  const circuits: string[] = [];
  const counted: string[] = [];
  const opened: (() => void)[] = [];
  const callees = new Callees({
    paused: { isPaused: () => false, onChange: () => undefined },
    functionInvoker: ({ version = "$LATEST" }) => ({
      invoke: () => Promise.resolve(state.answers.get(version) ?? SUCCESS),
      close: () => Promise.resolve(),
    }),
    apiDestinationInvoker: () => assert.fail("there is no API destination"),
    onCircuit: ({ destination, state: now }: CircuitFacts) => circuits.push(`${circuitLabel(destination)} ${now}`),
    onVersionCalled: ({ functionName, version, outcome }) =>
      counted.push(`${functionName}:${version} ${outcomeName(outcome)}`),
    sleep: () => new Promise((resolve) => void opened.push(resolve)),
    random: () => state.random,
    onError: (where, error) => assert.fail(`${where}: ${String(error)}`),
  });
  const follow = (next: FunctionConfig) => callees.follow(sampleConfig({ functions: [next] }));
  await follow(fn);
  const callee = () => callees.find("function/f") ?? assert.fail("f is not called");
  const call = async (qualifier?: string): Promise<Outcome> => {
    const invocation = { id: "r-1", attempt: 1, destination: functionRef("f", qualifier), payload: Buffer.from("{}") };
    const outcome = await callee().call(invocation, NEVER);
    return outcome === "gone" ? assert.fail("nobody polls") : outcome;
  };
  const executed = async (qualifier?: string) => (await call(qualifier)).executedVersion ?? "$LATEST";
  return { state, circuits, counted, opened, follow, callee, call, executed };
}

describe("A function with versions", () => {
  it("is called as itself without a qualifier, and else as the version or alias that is named", async () => {
    const { executed, call } = await setUp(versioned(LIVE));
    assert.deepEqual(
      [await executed(), await executed("$LATEST"), await executed("2"), await executed("live")],
      ["$LATEST", "$LATEST", "2", "1"],
    );
    const gone = await call("beta");
    assert.deepEqual(gone, { ok: false, reason: "target_gone", message: "function f has no beta" });
  });

  it("draws the version of an alias anew at each call, by its weight", async () => {
    const { state, executed } = await setUp(versioned(LIVE));
    const drawn = async (random: number) => {
      state.random = random;
      return executed("live");
    };
    assert.deepEqual([await drawn(0), await drawn(0.249), await drawn(0.25)], ["2", "2", "1"]);
  });

  it("follows an alias that is changed, and keeps its invokers and circuits", async () => {
    const { follow, callee, executed } = await setUp(versioned(LIVE));
    const before = callee();
    await follow(versioned({ name: "live", version: "2" }));
    assert.equal(callee(), before);
    assert.equal(await executed("live"), "2");
  });

  it("has its concurrency for all versions together", async () => {
    const { callee } = await setUp(versioned(LIVE));
    assert.deepEqual([callee().tryEnter(), callee().tryEnter(), callee().tryEnter()], [true, true, false]);
  });

  it("goes on being called while the circuit of one version is open, and that share goes to the other", async () => {
    const { state, circuits, opened, callee, call, executed } = await setUp(versioned(LIVE));
    state.random = 0;
    state.answers.set("2", AWAY);
    assert.deepEqual([await executed("live"), await executed("live")], ["2", "2"]);
    assert.deepEqual(circuits, ["function/f:2 open"]);
    assert.equal(callee().mayBeCalled, true);
    assert.equal(await executed("live"), "1");
    const message = "the circuit of version 2 of function f is open";
    assert.deepEqual(await call("2"), { ok: false, reason: "circuit_open", message, retryAfterMs: 7_000 });
    // Half open, one call finds out.
    opened[0]?.();
    await new Promise(setImmediate);
    state.answers.set("2", SUCCESS);
    assert.equal(await executed("live"), "2");
    assert.deepEqual(circuits, ["function/f:2 open", "function/f:2 half-open", "function/f:2 closed"]);
  });

  it("says of each call which version it went to and what came of it, and of no other", async () => {
    const { state, counted, call } = await setUp(versioned(LIVE));
    await call();
    await call("live");
    await call("beta");
    state.answers.set("2", AWAY);
    for (let n = 0; n < 3; n++) await call("2");
    assert.deepEqual(counted, ["f:$LATEST success", "f:1 success", "f:2 connection", "f:2 connection"]);
    const plain = await setUp(sampleFunction("f"));
    await plain.call();
    assert.deepEqual(plain.counted, []);
  });

  it("does not give the calls of an alias's first version to the second", async () => {
    const { state, call } = await setUp(versioned(LIVE));
    state.answers.set("1", AWAY);
    await call("live");
    await call("live");
    const refused = await call("live");
    assert.equal(!refused.ok && refused.reason, "circuit_open");
  });

  it("takes no calls once all its versions are out of order", async () => {
    const { state, callee, call } = await setUp(versioned(LIVE));
    for (const version of ["$LATEST", "1", "2"]) state.answers.set(version, AWAY);
    for (const version of ["$LATEST", "1", "2", "$LATEST", "1"]) await call(version);
    assert.equal(callee().circuit, "closed");
    await call("2");
    assert.deepEqual([callee().circuit, callee().mayBeCalled], ["open", false]);
  });
});
