import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InFlightBytes } from "../../src/flow/in-flight.ts";
import { createPull } from "../../src/flow/pull.ts";
import { sampleConfig, sampleFunction } from "../support/sample.ts";

describe("A poll", () => {
  it("waits for its work while the broker is away, and is no error", async () => {
    const taken: string[] = [];
    const pull = createPull({
      broker: {
        depth: () => Promise.reject(new Error("there is no connection")),
        take: (queue) => {
          taken.push(queue);
          return Promise.resolve(undefined);
        },
      },
      config: () => sampleConfig({ functions: [sampleFunction("f", { run: { kind: "runtimeApi" } })] }),
      deliver: () => Promise.resolve("settled"),
      inFlight: new InFlightBytes(100),
      nowMs: () => 0,
    });
    await pull({ functionName: "f", gone: new AbortController().signal, invoke: () => Promise.resolve("gone") });
    assert.deepEqual(taken, ["busbar.function.f"]);
  });
});
