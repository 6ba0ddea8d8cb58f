import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attributesOf, problemOfMessage } from "../../../console/src/logic/queues/message.ts";

const MESSAGE = { body: "hi", attributes: "", delay: "" };

describe("a message that is written on the console", () => {
  it("attributes are read a line each, up to the first equals sign", () => {
    assert.deepEqual(attributesOf(" a=b=c\n\n d=e"), { a: "b=c", d: "e" });
    assert.deepEqual(attributesOf(""), {});
    for (const text of ["a", "=b", "a=", "a b=c", "a=b\nc"]) assert.equal(attributesOf(text), undefined, text);
  });

  it("what is wrong about a message is said before it is sent", () => {
    assert.equal(problemOfMessage(MESSAGE), undefined);
    assert.match(problemOfMessage({ ...MESSAGE, body: "" }) ?? "", /needs a body/);
    assert.match(problemOfMessage({ ...MESSAGE, attributes: "x" }) ?? "", /name=value/);
    const eleven = Array.from({ length: 11 }, (_, n) => `a${n}=1`).join("\n");
    assert.match(problemOfMessage({ ...MESSAGE, attributes: eleven }) ?? "", /10 attributes at most/);
    for (const delay of ["0", "900"]) assert.equal(problemOfMessage({ ...MESSAGE, delay }), undefined);
    for (const delay of ["901", "-1", "1.5", "x"]) {
      assert.match(problemOfMessage({ ...MESSAGE, delay }) ?? "", /0 to 900/, delay);
    }
  });
});
