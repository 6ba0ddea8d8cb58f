import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attributesOf, problemOfMessage, sentMessage } from "../../../console/src/logic/queues/message.ts";

const MESSAGE = { body: "hi", attributes: "", delay: "", group: "", deduplicationId: "" };

describe("a message that is written on the console", () => {
  it("attributes are read a line each, up to the first equals sign", () => {
    assert.deepEqual(attributesOf(" a=b=c\n\n d=e"), { a: "b=c", d: "e" });
    assert.deepEqual(attributesOf(""), {});
    for (const text of ["a", "=b", "a=", "a b=c", "a=b\nc"]) assert.equal(attributesOf(text), undefined, text);
  });

  it("what is wrong about a message is said before it is sent", () => {
    assert.equal(problemOfMessage(MESSAGE, "orders"), undefined);
    assert.match(problemOfMessage({ ...MESSAGE, body: "" }, "orders") ?? "", /needs a body/);
    assert.match(problemOfMessage({ ...MESSAGE, attributes: "x" }, "orders") ?? "", /name=value/);
    const eleven = Array.from({ length: 11 }, (_, n) => `a${n}=1`).join("\n");
    assert.match(problemOfMessage({ ...MESSAGE, attributes: eleven }, "orders") ?? "", /10 attributes at most/);
    for (const delay of ["0", "900"]) assert.equal(problemOfMessage({ ...MESSAGE, delay }, "orders"), undefined);
    for (const delay of ["901", "-1", "1.5", "x"]) {
      assert.match(problemOfMessage({ ...MESSAGE, delay }, "orders") ?? "", /0 to 900/, delay);
    }
  });

  it("a message for a FIFO queue needs a group, and may have a deduplication id", () => {
    const problem = (changes: object) => problemOfMessage({ ...MESSAGE, ...changes }, "orders.fifo") ?? "";
    assert.equal(problem({ group: "customer-1" }), "");
    assert.equal(problem({ group: "customer-1", deduplicationId: "order-7" }), "");
    for (const group of ["", "two words", "x".repeat(129)]) assert.match(problem({ group }), /^A message group has/);
    assert.match(problem({ group: "g", deduplicationId: "two words" }), /^A deduplication id has/);
  });

  it("what is sent has what the queue's kind has", () => {
    const written = { ...MESSAGE, attributes: "a=1", delay: "5", group: "g", deduplicationId: "d" };
    const sent = { body: "hi", attributes: { a: "1" } };
    assert.deepEqual(sentMessage(written, "orders"), { ...sent, delaySeconds: 5 });
    assert.deepEqual(sentMessage({ ...written, delay: "" }, "orders"), sent);
    assert.deepEqual(sentMessage(written, "orders.fifo"), {
      ...sent,
      messageGroupId: "g",
      messageDeduplicationId: "d",
    });
    assert.deepEqual(sentMessage({ ...written, deduplicationId: "" }, "orders.fifo"), { ...sent, messageGroupId: "g" });
  });
});
