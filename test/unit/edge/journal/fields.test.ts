import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFieldReader } from "../../../../src/edge/journal/indexed-fields.ts";

function read(json: string, ...names: readonly string[]) {
  const fields = names.map((name) => ({ name, path: name.split(".") }));
  const redact = { keys: ["token"], paths: [["detail", "card"]], with: "mask" } as const;
  return createFieldReader({ fields, redact })(Buffer.from(json));
}

describe("Indexed fields of events", () => {
  it("are texts as they are, and numbers and truth values as JSON has them", () => {
    const json =
      '{"source":"shop","detail":{"orderId":"o-1","total":12345678901234567890,"isPaid":true,"of":{"id":1.50}}}';
    const names = ["source", "detail.orderId", "detail.total", "detail.isPaid", "detail.of.id"];
    assert.deepEqual(
      read(json, ...names)?.map(({ name, value }) => `${name}=${value}`),
      [
        "source=shop",
        "detail.orderId=o-1",
        "detail.total=12345678901234567890",
        "detail.isPaid=true",
        "detail.of.id=1.50",
      ],
    );
  });

  it("are left out where they are missing, no single value, empty or longer than 128 bytes", () => {
    const json = `{"detail":{"a":null,"b":{},"c":[1],"d":"","e":"${"é".repeat(65)}","f":"${"é".repeat(64)}","__proto__":"x"}}`;
    const names = ["a", "b", "c", "d", "e", "f", "g", "a.b", "constructor"].map((name) => `detail.${name}`);
    assert.deepEqual(
      read(json, ...names)?.map(({ name }) => name),
      ["detail.f"],
    );
    assert.equal(read("{", "detail.a"), undefined);
    assert.equal(read(json), undefined);
  });

  it("hold no secret, so that nobody finds events by one", () => {
    const json = '{"detail":{"userToken":"s3cr3t","card":"4111","orderId":"o-1"}}';
    assert.deepEqual(read(json, "detail.userToken", "detail.card", "detail.orderId"), [
      { name: "detail.userToken", value: "***" },
      { name: "detail.card", value: "***" },
      { name: "detail.orderId", value: "o-1" },
    ]);
  });
});
