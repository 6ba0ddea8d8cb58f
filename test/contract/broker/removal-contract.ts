import assert from "node:assert/strict";
import { describe } from "node:test";
import { HEADER } from "../../../src/domain/delivery/headers.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import type { GetOptions } from "../../../src/ports/broker/holds.ts";
import { PublishError } from "../../../src/ports/broker/publisher.ts";
import { eventually } from "../waiting.ts";
import type { OpenFixture } from "./broker-case.ts";
import { brokerCases, message, messages } from "./broker-case.ts";

const WORK = "work";
const DECLARED = [declarationOf(WORK)];
const GET: GetOptions = { limit: 1, bytesMax: 1_048_576, invisibleMs: 600_000 };

/** As the SQS API sends it. */
function sentNow(id: string): Message {
  return { ...message(id, WORK), headers: { [HEADER.sentAt]: Date.now() } };
}

/** Deletes queues: `QueueRemoval`. */
export function removalContract(name: string, open: OpenFixture): void {
  const brokerCase = brokerCases(open);

  describe(`${name}: queues that are deleted`, () => {
    brokerCase("a queue goes with what is visible, received and delayed in it", async (broker) => {
      await broker.declare(DECLARED);
      await broker.publish(messages(3, WORK));
      await eventually("one is received", async () => ((await broker.holds.getMany(WORK, GET)) ?? []).length === 1);
      await broker.publish([sentNow("later")], { delayMs: 1_000 });
      await broker.remove(WORK);
      await eventually("it is gone", async () => (await broker.depth(WORK)) === undefined);
      assert.equal(await broker.holds.getMany(WORK, GET), undefined);
      await assert.rejects(broker.publish([message("too-late", WORK)]), PublishError);

      await broker.declare(DECLARED);
      const { visible, invisible } = (await broker.holds.counts(WORK)) ?? {};
      assert.deepEqual([visible, invisible], [0, 0]);
      // Behind what was delayed.
      await broker.publish([sentNow("new")], { delayMs: 2_000 });
      let received: readonly string[] = [];
      await eventually("the new one is received", async () => {
        const held = (await broker.holds.getMany(WORK, { ...GET, limit: 10 })) ?? [];
        received = held.map((one) => one.message.id);
        return received.length > 0;
      });
      assert.deepEqual(received, ["new"]);
    });

    brokerCase(
      "a queue that is not there is deleted, and one that was is made anew by its declaration",
      async (broker) => {
        await broker.remove("never-there");
        await broker.declare(DECLARED);
        await broker.remove(WORK);
        await broker.remove(WORK);
        await broker.declare(DECLARED);
        await broker.publish([message("m", WORK)]);
        assert.equal((await broker.holds.getMany(WORK, GET))?.length, 1);
      },
    );

    brokerCase("who waits for a message of a queue that is deleted waits no longer", async (broker) => {
      await broker.declare(DECLARED);
      const bell = broker.holds.bell(WORK, AbortSignal.timeout(60_000));
      await eventually("it can be deleted", async () => (await broker.depth(WORK)) !== undefined);
      await broker.remove(WORK);
      await bell;
      assert.equal(await broker.holds.getMany(WORK, GET), undefined);
    });
  });
}
