import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Awaited } from "../../../../src/flow/hold/in-hand.ts";
import { InHand } from "../../../../src/flow/hold/in-hand.ts";
import type { AnswerReceiver } from "../../../../src/flow/hold/relay.ts";
import { AnswerRelay } from "../../../../src/flow/hold/relay.ts";

const neverFires = (): AbortSignal => new AbortController().signal;
const nothing = (): void => undefined;

function awaited(found: Awaited<string> | string): Awaited<string> {
  assert.ok(typeof found !== "string");
  return found;
}

describe("things in hand", () => {
  it("A thing in hand is settled once, and a repeated answer is distinguished from one that nobody waits for", async () => {
    const inHand = new InHand<string>(() => 1_000);
    const holding = inHand.hold("audit", "1", 500);
    assert.equal(holding.endsAtMs, 1_500);
    const answer = holding.answer(neverFires(), nothing);
    const found = awaited(inHand.find("audit", "1"));
    assert.equal(found.remainingMs, 500);
    assert.deepEqual([found.settle("yes"), found.settle("no"), found.ended.aborted], ["taken", "answered", true]);
    assert.equal(await answer, "yes");
    assert.deepEqual([inHand.find("audit", "1"), inHand.find("audit", "2"), inHand.size], ["answered", "unknown", 0]);
  });

  it("A thing in hand is not found from another scope", () => {
    const inHand = new InHand<string>(() => 0);
    inHand.hold("audit", "1", 500);
    assert.equal(inHand.find("stock", "1"), "unknown");
  });

  it("An answer settles the oldest of those with one id, and the wait for answers ends with the last of them", async () => {
    const inHand = new InHand<string>(() => 0);
    const [first, second] = [inHand.hold("audit", "1", 500), inHand.hold("audit", "1", 500)];
    const answers = Promise.all([first, second].map((each) => each.answer(neverFires(), nothing)));
    const found = awaited(inHand.find("audit", "1"));
    found.settle("a");
    assert.equal(found.ended.aborted, false);
    found.settle("b");
    assert.equal(found.ended.aborted, true);
    assert.deepEqual(await answers, ["a", "b"]);
  });

  it("A thing in hand ends at its deadline, and is given up in the same turn", async () => {
    const inHand = new InHand<string>(() => 0);
    const calls: unknown[] = [];
    const holding = inHand.hold("audit", "1", 1);
    const { ended } = awaited(inHand.find("audit", "1"));
    assert.equal(await holding.answer(neverFires(), () => calls.push(inHand.find("audit", "1"))), undefined);
    assert.deepEqual([calls, ended.aborted], [["unknown"], true]);
  });

  it("A thing in hand ends when the signal fires, or when its owner ends it", async () => {
    const inHand = new InHand<string>(() => 0);
    const controller = new AbortController();
    const aborted = inHand.hold("audit", "1", 60_000).answer(controller.signal, nothing);
    controller.abort();
    await assert.rejects(aborted, { name: "AbortError" });
    const holding = inHand.hold("audit", "2", 60_000);
    const answer = holding.answer(neverFires(), nothing);
    holding.end("gone");
    assert.equal(await answer, "gone");
    assert.deepEqual([inHand.find("audit", "1"), inHand.find("audit", "2")], ["unknown", "unknown"]);
  });

  it("Everything in hand can be ended at once", async () => {
    const inHand = new InHand<string>(() => 0);
    const answers = ["1", "2"].map((id) => inHand.hold("audit", id, 60_000).answer(neverFires(), nothing));
    inHand.endAll((id) => `ended ${id}`);
    assert.deepEqual(await Promise.all(answers), ["ended 1", "ended 2"]);
    assert.equal(inHand.size, 0);
  });

  it("The ids of the last 1,000 answers are remembered", () => {
    const inHand = new InHand<string>(() => 0);
    for (let n = 0; n <= 1_000; n++) {
      inHand.hold("audit", String(n), 1_000);
      awaited(inHand.find("audit", String(n))).settle("yes");
    }
    assert.deepEqual([inHand.find("audit", "0"), inHand.find("audit", "1")], ["unknown", "answered"]);
  });
});

/** Routers that hear each other, by address. */
class Network {
  readonly #listeners = new Map<string, (body: Buffer) => void>();
  sent = 0;

  join(address: string, kind: string): { readonly inHand: InHand<string>; readonly relay: AnswerRelay<string> } {
    const inHand = new InHand<string>(() => 0);
    const relay = new AnswerRelay<string>({
      kind,
      broker: {
        address,
        broadcast: (body) => this.#deliver([...this.#listeners.values()], body),
        send: (to, body) =>
          this.#deliver(
            [...this.#listeners].flatMap(([name, one]) => (name === to ? one : [])),
            body,
          ),
        onBroadcast: (listener) => void this.#listeners.set(address, listener),
      },
      find: (scope, id) => inHand.find(scope, id),
      encode: (answer) => ({ fields: { length: answer.length }, body: Buffer.from(answer) }),
      decode: ({ fields, body }) => (fields["length"] === body.length ? body.toString() : undefined),
      heldMsMax: 60_000,
      newId: () => `${address}-${(this.sent += 1)}`,
      onError: (error) => assert.fail(error),
    });
    return { inHand, relay };
  }

  #deliver(listeners: readonly ((body: Buffer) => void)[], body: Buffer): Promise<void> {
    for (const listener of listeners) setImmediate(() => listener(body));
    return Promise.resolve();
  }
}

function receiver(found: AnswerReceiver<string> | "busy" | undefined): AnswerReceiver<string> {
  assert.ok(found !== undefined && found !== "busy");
  return found;
}

describe("the relay of answers", () => {
  it("The relay brings an answer to the router that holds what it is for", async () => {
    const network = new Network();
    const [owner, other] = [network.join("a", "runtime-api"), network.join("b", "runtime-api")];
    network.join("c", "runtime-api");
    const answer = owner.inHand.hold("audit", "1", 10_000).answer(neverFires(), nothing);
    const found = receiver(await other.relay.find("audit", "1"));
    assert.equal(await found.settle("yes"), "taken");
    assert.equal(await answer, "yes");
  });

  it("The relay finds nothing of another scope or another kind", async (context) => {
    const network = new Network();
    const [owner, stranger] = [network.join("a", "runtime-api"), network.join("b", "sqs")];
    owner.inHand.hold("audit", "1", 10_000);
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const finds = [stranger.relay.find("audit", "1"), network.join("c", "runtime-api").relay.find("stock", "1")];
    context.mock.timers.tick(2_000);
    assert.deepEqual(await Promise.all(finds), [undefined, undefined]);
  });

  it("The relay is busy with 500 questions about one scope, and still asks about another", async (context) => {
    const network = new Network();
    const { relay } = network.join("a", "runtime-api");
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const finds = Array.from({ length: 500 }, (_, n) => relay.find("audit", String(n)));
    assert.equal(await relay.find("audit", "500"), "busy");
    const other = relay.find("stock", "1");
    context.mock.timers.tick(2_000);
    assert.ok((await Promise.all([...finds, other])).every((found) => found === undefined));
    const next = relay.find("audit", "501");
    context.mock.timers.tick(2_000);
    assert.equal(await next, undefined);
  });
});
