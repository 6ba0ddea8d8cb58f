import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LineRedaction } from "../../../../src/edge/journal/lines/line-redaction.ts";

describe("Secrets in lines", () => {
  const redaction = new LineRedaction();

  it("are taken out of URLs, and out of JSON by the names of its members", () => {
    assert.equal(redaction.of("at https://me:pass@shop.test/"), "at https://***@shop.test/");
    assert.equal(redaction.of('{"password":"x","order":1}'), '{"password":"***","order":1}');
    assert.equal(redaction.of("{not JSON} https://me:pass@shop.test/"), "{not JSON} https://***@shop.test/");
  });

  it("are hidden with the whole line where JSON is too deep to be looked through", () => {
    const deep = `{"a":${"[".repeat(2_000)}{"password":"x"}${"]".repeat(2_000)}}`;
    assert.equal(redaction.of(deep), "***");
  });
});
