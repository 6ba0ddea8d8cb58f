import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { WaitingPolls } from "../../../../src/flow/functions/waiting-polls.ts";

function pollOf(functionName = "work") {
  const gone = new AbortController();
  const poll = { functionName, gone: gone.signal, invoke: () => Promise.resolve("gone" as const) };
  return { poll, leave: () => gone.abort() };
}

const NEVER = new AbortController().signal;

describe("Polls that wait for work", () => {
  it("The poll that has waited longest is given to a caller, and its handler waits until the caller is done with it", async () => {
    const polls = new WaitingPolls();
    const [first, second] = [pollOf(), pollOf()];
    const [offered, other] = [polls.offer(first.poll), polls.offer(second.poll)];
    const taken = await polls.take("work", NEVER);
    assert.ok(typeof taken === "object" && taken.poll === first.poll);
    assert.deepEqual([offered.ended.aborted, other.ended.aborted], [true, false]);
    let isDone = false;
    const given = offered.withdraw();
    assert.ok(given !== undefined);
    void given.then(() => (isDone = true));
    await nextTurn();
    assert.equal(isDone, false);
    taken.done(true);
    assert.equal(await given, true);
    assert.equal(other.withdraw(), undefined);
    assert.equal(other.ended.aborted, false);
  });

  it("A caller who waits gets the next poll of its function, before the queue does, and callers are served in their order", async () => {
    const polls = new WaitingPolls();
    const served: string[] = [];
    const calls = ["one", "two"].map(async (who) => {
      const taken = await polls.take("work", NEVER);
      served.push(who);
      return taken;
    });
    const elsewhere = polls.offer(pollOf("other").poll);
    const first = polls.offer(pollOf().poll);
    await nextTurn();
    assert.deepEqual([served, first.ended.aborted, elsewhere.ended.aborted], [["one"], true, false]);
    polls.offer(pollOf().poll);
    await Promise.all(calls);
    assert.deepEqual(served, ["one", "two"]);
  });

  it("A poll that is gone, or was taken back, is given to nobody", async () => {
    const polls = new WaitingPolls();
    const [gone, back] = [pollOf(), pollOf()];
    const offered = polls.offer(gone.poll);
    assert.equal(polls.offer(back.poll).withdraw(), undefined);
    gone.leave();
    assert.equal(offered.ended.aborted, true);
    const over = new AbortController();
    const taking = polls.take("work", over.signal);
    over.abort();
    assert.equal(await taking, undefined);
    assert.equal(offered.withdraw(), undefined);
  });

  it("A caller who has given up is given no poll, in the same turn", async () => {
    const polls = new WaitingPolls();
    const over = new AbortController();
    const taking = polls.take("work", over.signal);
    over.abort();
    const offered = polls.offer(pollOf().poll);
    assert.deepEqual([await taking, offered.ended.aborted, offered.withdraw()], [undefined, false, undefined]);
  });

  it("1,000 callers wait for a function, and no more", async () => {
    const polls = new WaitingPolls();
    const over = new AbortController();
    const waiting = Array.from({ length: 1_000 }, () => polls.take("work", over.signal));
    assert.equal(await polls.take("work", over.signal), "full");
    over.abort();
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set([undefined]));
  });
});
