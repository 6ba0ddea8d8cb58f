import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe } from "node:test";
import { LOG_BYTES_MAX, LOG_RECORD_BYTES_MAX } from "../../../src/ports/broker/log.ts";
import { PublishError } from "../../../src/ports/broker/publisher.ts";
import { eventually, within } from "../waiting.ts";
import { brokerCases, openWithQueues } from "./broker-case.ts";
import type { OpenFixture } from "./broker-case.ts";

/** Keeps what operators decide: `ControlLog`. */
export function logContract(name: string, open: OpenFixture): void {
  const brokerCase = brokerCases(open);

  describe(`${name}: the control log`, () => {
    brokerCase("tells what was there before it resolves, and then what comes, in order", async (broker) => {
      const heard: string[] = [];
      for (const record of ["one", "two", "three"]) await broker.append(Buffer.from(record));
      await within(
        "followed",
        broker.follow((record) => heard.push(record.toString())),
      );
      assert.deepEqual(heard, ["one", "two", "three"]);
      await broker.append(Buffer.from("four"));
      await Promise.all(["five", "six"].map((record) => broker.append(Buffer.from(record))));
      await eventually("all six are heard", () => heard.length === 6);
      assert.deepEqual(heard.slice(0, 4), ["one", "two", "three", "four"]);
    });

    brokerCase("tells every follower the same order of what is appended at once", async (broker) => {
      const heard: string[][] = [[], [], []];
      const follow = (index: number) => broker.follow((record) => heard[index]?.push(record.toString()));
      await within("followed", follow(0));
      const records = Array.from({ length: 50 }, (_, n) => String(n));
      const appending = Promise.all(records.map((record) => broker.append(Buffer.from(record))));
      await within("followed meanwhile", follow(1));
      await appending;
      await within("followed afterwards", follow(2));
      await eventually("all have heard all", () => heard.every(({ length }) => length === records.length));
      const [first, ...others] = heard;
      for (const other of others) assert.deepEqual(other, first);
      assert.deepEqual(first?.toSorted(), records.toSorted());
    });

    brokerCase("can be followed while nothing is in it", async (broker) => {
      const heard: string[] = [];
      await within(
        "followed",
        broker.follow((record) => heard.push(record.toString())),
      );
      assert.deepEqual(heard, []);
      await broker.append(Buffer.from("first"));
      await eventually("it is heard", () => heard.length === 1);
    });

    brokerCase("tells every follower everything, byte for byte", async (broker) => {
      const record = randomBytes(LOG_RECORD_BYTES_MAX);
      await broker.append(record);
      const heard: Buffer[] = [];
      for (let n = 0; n < 3; n++)
        await within(
          "followed",
          broker.follow((each) => heard.push(each)),
        );
      assert.equal(heard.length, 3);
      for (const each of heard) assert.ok(each.equals(record));
    });

    brokerCase("resolves an append only when the record survives a crash", async (broker, fixture) => {
      for (let n = 0; n < 20; n++) await broker.append(Buffer.from(String(n)));
      await fixture.crash(broker);
      const heard: string[] = [];
      const again = await openWithQueues(fixture);
      await within(
        "followed",
        again.follow((record) => heard.push(record.toString())),
      );
      assert.deepEqual(
        heard,
        Array.from({ length: 20 }, (_, n) => String(n)),
      );
    });

    brokerCase("keeps the newest records and lets the oldest go", async (broker) => {
      const count = (LOG_BYTES_MAX * 1.5) / LOG_RECORD_BYTES_MAX;
      const numbered = Array.from({ length: count }, (_, n) => {
        const record = Buffer.alloc(LOG_RECORD_BYTES_MAX);
        record.writeUInt32BE(n);
        return record;
      });
      for (const record of numbered) await broker.append(record);
      const heard: number[] = [];
      await within(
        "followed",
        broker.follow((record) => heard.push(record.readUInt32BE())),
      );
      const keptBytes = heard.length * LOG_RECORD_BYTES_MAX;
      assert.ok(keptBytes > LOG_BYTES_MAX * 0.8 && keptBytes < LOG_BYTES_MAX * 1.2, `${keptBytes} bytes are kept`);
      assert.deepEqual(heard, Array.from(numbered.keys()).slice(-heard.length));
    });

    brokerCase("refuses a record after close", async (broker) => {
      await within("closed", broker.close());
      await assert.rejects(broker.append(Buffer.from("late")), (error) => {
        assert.ok(error instanceof PublishError);
        assert.deepEqual(error.failures, [{ index: 0, reason: "disconnected" }]);
        return true;
      });
    });
  });
}
