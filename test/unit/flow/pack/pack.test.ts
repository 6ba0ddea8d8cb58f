import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Message, Received } from "../../../../src/domain/queue/message.ts";
import { alone, memberCount, membersOf, packOf } from "../../../../src/domain/queue/pack.ts";
import { readDeadLetter } from "../../../../src/domain/failure/dead-letter-reading.ts";
import { gather } from "../../../../src/flow/pack/gather.ts";

const QUEUE = "busbar.function.f";

function message(id: string, body: Buffer | string = "{}", queue = QUEUE): Message {
  return { queue, id, body: Buffer.from(body), headers: { "busbar-attempt": 1, traceparent: `trace of ${id}` } };
}

function received(pack: Message, changes: Partial<Received> = {}): Received {
  return { ...pack, crashes: 0, ...changes };
}

describe("A pack", () => {
  it("holds each member's id, headers and body, whatever these are", () => {
    const header = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer()), { noNullPrototype: true });
    const member = fc.record({ id: fc.string(), headers: header, bytes: fc.uint8Array({ maxLength: 300 }) });
    fc.assert(
      fc.property(fc.array(member, { minLength: 2, maxLength: 12 }), fc.nat(3), (members, crashes) => {
        const messages = members.map(({ id, headers, bytes }) => ({
          queue: QUEUE,
          id,
          headers,
          body: Buffer.from(bytes),
        }));
        const opened = membersOf(received(packOf("p", QUEUE, messages), { crashes }));
        assert.deepEqual(opened?.map(alone), messages);
        assert.ok(opened.every((one) => one.crashes === crashes));
      }),
    );
  });

  it("says how many deliveries it holds, as a single message does", () => {
    assert.equal(memberCount(received(packOf("p", QUEUE, [message("a"), message("b")]))), 2);
    assert.equal(memberCount(received(message("a"))), 1);
    assert.equal(memberCount({ headers: { "busbar-members": "many" } }), 1);
  });

  it("says of each member why it is parked, whoever parked it", () => {
    const pack = packOf("p", QUEUE, [message("a"), message("b")]);
    const errorsOf = (parked: Readonly<Record<string, unknown>>) => {
      const headers = { ...pack.headers, ...parked };
      const members = membersOf(received(pack, { queue: "busbar.parked", headers })) ?? [];
      return members.map((member) => readDeadLetter(member)?.errorCode);
    };
    assert.deepEqual(errorsOf({ "busbar-parked-reason": "undecodable" }), ["undecodable", "undecodable"]);
    assert.deepEqual(errorsOf({ "x-first-death-reason": "delivery_limit" }), ["delivery_limit", "delivery_limit"]);
  });

  it("is not opened when it is not whole, and any other message is none", () => {
    const pack = packOf("p", QUEUE, [message("a"), message("b", '{"n":1}')]);
    const withBody = (body: Buffer) => membersOf(received(pack, { body }));
    assert.equal(membersOf(received(message("a"))), undefined);
    for (let length = 0; length < pack.body.length; length++) {
      assert.equal(withBody(pack.body.subarray(0, length)), undefined, `${length} bytes`);
    }
    assert.equal(withBody(Buffer.concat([pack.body, Buffer.from("x")])), undefined);
    assert.equal(membersOf(received(pack, { headers: { "busbar-members": 3 } })), undefined);
  });

  it("is not opened when its index is no index", () => {
    const withIndex = (index: unknown) => {
      const json = Buffer.from(JSON.stringify(index));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(json.length);
      const body = Buffer.concat([length, json, Buffer.from("{}")]);
      return membersOf({ queue: QUEUE, id: "p", body, headers: { "busbar-members": 1 }, crashes: 0 });
    };
    assert.deepEqual(withIndex([{ all: "x" }, ["a", 2, { h: 1 }]])?.[0]?.headers, { all: "x", h: 1 });
    for (const index of [
      {},
      null,
      [],
      [["a", 2, {}]],
      [{}, "a"],
      [{}, ["a", 2]],
      [{}, [1, 2, {}]],
      [{}, ["a", -2, {}]],
      [{}, ["a", 2, { h: [] }]],
      [{}, ["a", 2, null]],
      [{ h: null }, ["a", 2, {}]],
    ])
      assert.equal(withIndex(index), undefined, JSON.stringify(index));
  });
});

describe("Messages that are published together", () => {
  const gathered = (messages: readonly Message[], mayPack = (queue: string) => queue === QUEUE) => {
    let ids = 0;
    return gather(messages, { mayPack, newId: () => `p-${++ids}` });
  };
  const idsIn = (messages: readonly Message[]) =>
    gathered(messages).map(({ message: each }) => (membersOf(received(each)) ?? [each]).map(({ id }) => id));

  it("travel as one where they have a queue for it, in their order", () => {
    const messages = [message("a"), message("b", "{}", "mine"), message("c"), message("d", "{}", "mine")];
    assert.deepEqual(idsIn(messages), [["a", "c"], ["b"], ["d"]]);
    assert.deepEqual(
      gathered(messages).map(({ indexes }) => indexes),
      [[0, 2], [1], [3]],
    );
  });

  it("stay as they are where each is alone", () => {
    const messages = [message("a"), message("b", "{}", "mine")];
    assert.deepEqual(
      gathered(messages).map(({ message: each }) => each),
      messages,
    );
  });

  it("are divided by ten, and by 64 KiB", () => {
    const many = Array.from({ length: 23 }, (_, index) => message(`m-${index}`));
    assert.deepEqual(
      idsIn(many).map((ids) => ids.length),
      [10, 10, 3],
    );
    const kib = (id: string, count: number) => message(id, "x".repeat(count * 1_024));
    assert.deepEqual(idsIn([kib("a", 32), kib("b", 32), kib("c", 1)]), [["a", "b"], ["c"]]);
    assert.deepEqual(idsIn([kib("a", 1), kib("big", 64), kib("c", 1), kib("d", 1)]), [["a"], ["big"], ["c", "d"]]);
  });
});
