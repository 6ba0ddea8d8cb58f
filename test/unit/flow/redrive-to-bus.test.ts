import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readDeadLetter } from "../../../src/domain/failure/dead-letter-reading.ts";
import { readdressWith } from "../../../src/flow/redrive/readdress.ts";
import type { Target } from "../../../src/domain/target/target.ts";
import { IDENTITY, sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../../support/sample.ts";

const AUDIT = { kind: "event-bus", name: "audit" } as const;

const config = sampleConfig({
  buses: ["audit"],
  functions: [sampleFunction("f")],
  rules: [
    sampleRule("first", { source: ["shop"] }, [sampleTarget("a", AUDIT)]),
    sampleRule("second", { source: ["shop"] }, [sampleTarget("b", AUDIT)]),
    sampleRule("audit", { source: ["shop"] }, [sampleTarget("t", { kind: "function", name: "f" })], { bus: "audit" }),
  ],
});

const letter = {
  queue: "failed",
  id: "d-1",
  body: Buffer.from('{"id":"e-1","detail-type":"Ordered","source":"shop","detail":{}}'),
  headers: { ERROR_CODE: "TIMEOUT", "busbar-bus": "default", "busbar-event-id": "e-1", "busbar-first-at": 5 },
  crashes: 0,
};

async function idsOnBus(): Promise<readonly string[]> {
  const readdress = readdressWith({
    config: () => config,
    identity: IDENTITY,
    deriveId: (text) => text,
    pause: () => Promise.resolve(),
    nowMs: () => 9,
  });
  const again = await readdress(letter, readDeadLetter(letter)!, "bus");
  assert.ok(again.ok);
  return again.messages.map(({ id }) => id);
}

describe("A redrive to a bus", () => {
  it("gives the deliveries of two ways to one target two ids, as a put does, and the same ones each time", async () => {
    const ids = await idsOnBus();
    assert.equal(ids.length, 2);
    assert.equal(new Set(ids).size, 2, ids.join(", "));
    assert.deepEqual(await idsOnBus(), ids);
  });
});

describe("A redrive to a target", () => {
  it("does not wait for the target's delay, and its age counts from now", async () => {
    const slow = sampleTarget("t", { kind: "function", name: "f" }, { delaySeconds: 60 });
    const delayed = sampleConfig({
      functions: [sampleFunction("f")],
      rules: [sampleRule("first", { source: ["shop"] }, [slow])],
    });
    const readdress = readdressWith({
      config: () => delayed,
      identity: IDENTITY,
      deriveId: (text) => text,
      pause: () => Promise.resolve(),
      nowMs: () => 9,
    });
    const dead = { ...letter, headers: { ...letter.headers, "busbar-rule": "first", "busbar-target": "t" } };
    for (const to of ["target", "bus"] as const) {
      const again = await readdress(dead, readDeadLetter(dead)!, to);
      assert.ok(again.ok);
      assert.deepEqual(
        again.messages.map(({ delayMs, headers }) => [
          delayMs,
          headers["busbar-first-at"],
          headers["busbar-accepted-at"],
        ]),
        [[undefined, 9, 5]],
        to,
      );
    }
  });

  it("is refused while the target is not there, whatever its ARN names", async () => {
    const gone = ["function", "other"].map((kind) => {
      const to = { kind, name: "later" } as Target["to"];
      return sampleTarget(kind, to, { isGone: true });
    });
    const withGone = sampleConfig({ rules: [sampleRule("first", { source: ["shop"] }, gone)] });
    const readdress = readdressWith({
      config: () => withGone,
      identity: IDENTITY,
      deriveId: (text) => text,
      pause: () => Promise.resolve(),
      nowMs: () => 9,
    });
    for (const kind of ["function", "other"]) {
      const headers = { ...letter.headers, "busbar-rule": "first", "busbar-target": kind };
      const dead = { ...letter, headers };
      const again = await readdress(dead, readDeadLetter(dead)!, "target");
      const message = `${kind} "later" does not exist`;
      assert.deepEqual(again, { ok: false, reason: "target_gone", message });
    }
  });
});
