import assert from "node:assert/strict";
import { describe } from "node:test";
import { eventually } from "../waiting.ts";
import { brokerCases } from "./broker-case.ts";
import type { OpenFixture } from "./broker-case.ts";

/** Carries messages between routers: `Broadcast`. */
export function broadcastContract(name: string, open: OpenFixture): void {
  const brokerCase = brokerCases(open);

  describe(`${name}: broadcasts`, () => {
    brokerCase("broadcasts to every listener", async (broker) => {
      const heard: string[] = [];
      broker.onBroadcast((body) => heard.push(`one ${body.toString()}`));
      broker.onBroadcast((body) => heard.push(`two ${body.toString()}`));
      await broker.broadcast(Buffer.from("hello"));
      await eventually("both heard", () => heard.length === 2);
      assert.deepEqual(heard.toSorted(), ["one hello", "two hello"]);
    });

    brokerCase("sends to its own address", async (broker) => {
      const heard: string[] = [];
      broker.onBroadcast((body) => heard.push(body.toString()));
      assert.ok(broker.address !== undefined);
      await broker.send(broker.address, Buffer.from("hello"));
      await eventually("it is heard", () => heard.length === 1);
      assert.deepEqual(heard, ["hello"]);
    });

    brokerCase("sends to nothing that is no address of a router", async (broker) => {
      for (const name of ["", "orders", "busbar.control", "amq.gen-a b"]) {
        await assert.rejects(broker.send(name, Buffer.from("hello")), RangeError);
      }
    });
  });
}
