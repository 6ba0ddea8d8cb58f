import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import { FIRST_DELETION, QUEUE_DELETION_KIND, SECOND_DELETION } from "../../../../src/domain/made/queue.ts";
import { checkpointQueue } from "../../../../src/domain/queue/queues.ts";
import { StoredQueueDeletions } from "../../../../src/flow/queues/queue-deletions.ts";
import type { Change } from "../../../../src/ports/store/entities.ts";
import { eventually } from "../../../contract/waiting.ts";

const NOW_MS = 1_000;

/** Works on one deletion that is due, of which the store has no entity. @returns what was deleted, and what was committed */
async function workedOff(t: TestContext, name: string, value: string) {
  const removed: string[] = [];
  const commits: (readonly Change[])[] = [];
  const due = [{ kind: QUEUE_DELETION_KIND, name, value, dueAtMs: 0, claim: "claim", attempt: 1 }];
  const deletions = new StoredQueueDeletions({
    store: {
      claimDue: () => Promise.resolve(due.splice(0)),
      nextDueInMs: () => Promise.resolve(undefined),
      get: () => Promise.resolve(undefined),
      commit: (changes) => {
        commits.push(changes);
        return Promise.resolve({ ok: true, revision: 1 });
      },
    },
    broker: {
      forget: () => undefined,
      remove: (queue) => {
        removed.push(queue);
        return Promise.resolve();
      },
    },
    nowMs: () => NOW_MS,
    sleep: () => Promise.resolve(),
    onError: (error) => assert.fail(String(error)),
  });
  t.after(() => deletions.stop());
  deletions.start();
  await eventually("it is worked off", () => commits.length === 1);
  return { removed, commits };
}

describe("The deletion of a queue", () => {
  const queue = checkpointQueue("6b0fdd2f-4c3a-4f21-9d2e-0a1b2c3d4e5f", 3);
  const settle = { change: "settle", kind: QUEUE_DELETION_KIND, name: queue, claim: "claim" } as const;

  it("A checkpoint's queue is deleted twice, and the work alone says so", async (t) => {
    const first = await workedOff(t, queue, FIRST_DELETION);
    const next = { dueAtMs: NOW_MS + 60_000, value: SECOND_DELETION };
    assert.deepEqual(first, { removed: [queue], commits: [[{ ...settle, next }]] });
    assert.deepEqual(await workedOff(t, queue, SECOND_DELETION), { removed: [queue], commits: [[settle]] });
  });

  it("A queue of the API whose deletion was ended stays", async (t) => {
    const { removed, commits } = await workedOff(t, "orders", SECOND_DELETION);
    assert.deepEqual([removed, commits], [[], [[{ ...settle, name: "orders" }]]]);
  });
});
