import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { encodeText, EncodedText } from "../../../src/json/text-bytes.ts";
import { propertyRuns } from "../../support/property-runs.ts";

it("Texts that are encoded one after the other have the bytes that each has by itself, halves of surrogate pairs too", () => {
  const texts = fc.array(fc.string({ unit: "binary", maxLength: 1_000, size: "max" }), { maxLength: 10 });
  fc.assert(
    fc.property(texts, (each) => {
      const encoded = new EncodedText();
      for (const text of ["\ud800", ...each, "\udc00é"]) {
        const { bytes, length } = encoded.encode(text);
        assert.ok(Buffer.from(bytes.subarray(0, length)).equals(encodeText(text)), JSON.stringify(text));
      }
    }),
    propertyRuns(10),
  );
});
