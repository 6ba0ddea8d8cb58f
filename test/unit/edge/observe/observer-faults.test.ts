import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { describe, it } from "node:test";
import type { Received } from "../../../../src/domain/queue/message.ts";
import { deliveryMessage } from "../../../../src/domain/delivery/delivery-message.ts";
import type { AttemptFacts, PutFacts } from "../../../../src/domain/facts.ts";
import { guarded } from "../../../../src/edge/observe/guarded.ts";
import { createDeliver } from "../../../../src/flow/deliver/deliver.ts";
import { observe, sampleAttempt, stockDelivery, valueOf } from "../../../support/observe/observe.ts";
import { IDENTITY, sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../../../support/sample.ts";
import { ScriptedStorage } from "../../../support/store/scripted-storage.ts";

const UNWRITABLE = {
  write: () => {
    throw new Error("no space left");
  },
};

const STOCK = { kind: "function", name: "stock" } as const;
const CONFIG = sampleConfig({
  functions: [sampleFunction("stock")],
  rules: [sampleRule("orders", { source: ["shop"] }, [sampleTarget("stock", STOCK)])],
});

const unwritable = () => observe({ destination: UNWRITABLE }).observation;
const faults = (observation: Parameters<typeof valueOf>[0]) => valueOf(observation, "busbar_observer_faults_total");

describe("observers that throw", () => {
  it("A delivery whose attempt cannot be logged is settled once and its function is called once", async () => {
    const observation = unwritable();
    const storage = new ScriptedStorage();
    const deliver = createDeliver({
      broker: storage,
      config: () => CONFIG,
      identity: IDENTITY,
      observer: observation.observer,
      newId: () => "new-id",
      nowMs: Date.now,
      random: () => 0.5,
      pause: () => Promise.resolve(),
      sleep: () => Promise.resolve(),
      abandon: new AbortController().signal,
      leave: new AbortController().signal,
    });
    const message: Received = {
      ...deliveryMessage(stockDelivery({ firstAtMs: Date.now() }), "busbar.function.stock"),
      crashes: 0,
    };
    let calls = 0;
    const call = () => {
      calls += 1;
      return Promise.resolve({ ok: false, reason: "client_error", message: "no" } as const);
    };
    assert.equal(await deliver(message, call), "settled");
    assert.equal(calls, 1);
    assert.deepEqual(
      storage.stored.map(({ queue }) => queue),
      ["busbar.dead-letter"],
    );
    assert.equal(await faults(observation), 1);
  });
});

describe("Facts that cannot be logged", () => {
  it("Facts that cannot be logged cause no error and are counted, whatever they are about", async () => {
    const observation = unwritable();
    const { observer, brokerEvents, accessObserver, log, functionOutput } = observation;
    observation.follow(CONFIG);
    const error = new Error("no");
    observer.put({ outcome: "unavailable", seconds: 0, entries: [] });
    observer.attempt(sampleAttempt());
    observer.parked("crashed", "busbar.suspect", { deliveryId: "m-1" });
    observer.settlementDelayed(stockDelivery(), error);
    observer.limitExceeded("body");
    brokerEvents.disconnected(error);
    brokerEvents.fault("a queue is missing", error);
    accessObserver.access({ action: "events:PutEvents", from: "203.0.113.1", outcome: "missing" });
    functionOutput("stock", "stdout", "a line");
    log.error({ error }, "an unexpected error");
    assert.equal(await faults(observation), 10);
    assert.equal(
      await valueOf(observation, "busbar_delivery_attempts_total", {
        destination: "function/stock",
        outcome: "success",
      }),
      1,
    );
    assert.equal(await valueOf(observation, "busbar_auth_failures_total", { reason: "missing" }), 1);
  });
});

describe("Facts that cannot be read", () => {
  it("Facts that cannot be read are counted each time and logged once in ten minutes", async () => {
    const { observation, lines, clock } = observe();
    const broken = { entries: undefined } as unknown as PutFacts & AttemptFacts;
    for (clock.nowMs = 0; clock.nowMs < 1_200_000; clock.nowMs += 60_000) {
      observation.observer.put(broken);
      observation.observer.attempt(broken);
    }
    // The metrics, the log and the router's status each listen; the journal is off.
    const [listeners, facts, minutes] = [3, 2, 20];
    assert.equal(await faults(observation), listeners * facts * minutes);
    assert.deepEqual(new Set(lines.map(({ msg }) => msg)), new Set(["a fact could not be counted or logged"]));
    assert.deepEqual(new Set(lines.map(({ fact }) => fact)), new Set(["put", "attempt"]));
    // Two times ten minutes, in which listeners fail for one cause or for causes of their own.
    assert.ok(lines.length >= 2 * facts && lines.length <= 2 * facts * listeners, `${lines.length} lines`);
  });
});

describe("A guarded listener", () => {
  it("A guarded listener passes each fact on to every listener, also after one that throws", () => {
    const heard: string[] = [];
    const failing = {
      told: (): void => {
        throw new Error("first");
      },
    };
    const listening = { told: (fact: string): void => void heard.push(fact) };
    const listener = guarded<{ told(fact: string): void }>([failing, listening], (fact, error) =>
      heard.push(`${fact}: ${(error as Error).message}`),
    );
    listener.told("a fact");
    assert.deepEqual(heard, ["told: first", "a fact"]);
  });
});

describe("Standard error that takes no lines", () => {
  it("A full disk behind standard error does not end the process", () => {
    const script = `
      import { createObservation } from "./src/edge/observe/observation.ts";
      const observation = createObservation({ logLevel: "info", ruleMetrics: true });
      for (let line = 1; line <= 100; line += 1) observation.log.info({ line }, "logged");
      const faults = async () => /busbar_observer_faults_total ([1-9])/.exec((await observation.metrics()).body)?.[1];
      while ((await faults()) === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
      console.log("still here");`;
    const full = openSync("/dev/full", "w");
    const { stdout, signal } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", full],
      timeout: 60_000,
    });
    closeSync(full);
    assert.deepEqual([stdout, signal], ["still here\n", null]);
  });

  for (const [reader, read] of [
    ["has died", (child: ChildProcess) => child.stderr?.destroy()],
    ["takes nothing", (child: ChildProcess) => child.stderr?.pause()],
  ] as const) {
    it(`A process whose standard error ${reader} ends all the same`, async () => {
      const script = `
        import { createObservation } from "./src/edge/observe/observation.ts";
        const { log } = createObservation({ logLevel: "info", ruleMetrics: true });
        process.once("message", () => {
          for (let line = 1; line <= 10_000; line += 1) log.info({ line }, "logged");
          process.exit(3);
        });
        process.send("ready");`;
      const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
        stdio: ["ignore", "inherit", "pipe", "ipc"],
        timeout: 30_000,
        killSignal: "SIGKILL",
      });
      await once(child, "message");
      read(child);
      child.send("go");
      assert.deepEqual(await once(child, "exit"), [3, null]);
      child.stderr?.destroy();
    });
  }

  it("What was logged just before the exit is written", () => {
    const script = `
      import { createObservation } from "./src/edge/observe/observation.ts";
      const { log } = createObservation({ logLevel: "info", ruleMetrics: true });
      for (let line = 1; line <= 2_000; line += 1) log.info({ line }, "logged");
      process.exit(0);`;
    const { stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
    const lines = stderr.trim().split("\n");
    assert.equal(lines.length, 2_000);
    assert.match(lines.at(-1) ?? "", /"line":2000,/);
  });
});
