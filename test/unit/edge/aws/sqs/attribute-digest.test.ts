import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attributeDigest } from "../../../../../src/edge/aws/services/sqs/messages/attribute-digest.ts";

type Given = Readonly<Record<string, readonly [type: string, value: string]>>;

/** Recorded on AWS, or printed by the tests of its SDKs. */
const DIGESTS: readonly (readonly [attributes: Given, digest: string])[] = [
  [{ timestamp: ["Number", "1493147359900"] }, "235c5c510d26fb653d073faed50ae77c"],
  [{ k: ["String", "x"] }, "a45daa70926828a2f0a1db3418e6feb4"],
  [
    { attr1: ["Binary", "traceparent\u001e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"] },
    "8cbe4db156db8a94db8b801b7addb984",
  ],
  [
    { "Help.Me": ["String", "Me"], Hello: ["String", "There"], General: ["String", "Kenobi"] },
    "4c360f3fdafd970e05fae2f149d997f5",
  ],
  [{ General: ["String", "Kenobi"], Hello: ["String", "There"] }, "fca026605781cb4126a1e9044df24232"],
  [{ Hello: ["String", "There"], "Help.Me": ["String", "Me"] }, "83fee93c1bcd8b9a5a923ffacdc636c7"],
  [{ Hello: ["String", "There"] }, "a311262e065454b75da111d535b8dacd"],
  [
    { WeeksOn: ["Number", "6"], Author: ["String", "John Grisham"], Title: ["String", "The Whistler"] },
    "d25a6aea97eb8f585bfa92d314504a92",
  ],
  [
    {
      AWSTraceHeader: ["String", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"],
    },
    "5ae4d5d7636402d80f4eb6d213245a88",
  ],
];

describe("SQS's digest of message attributes", () => {
  for (const [given, digest] of DIGESTS) {
    it(`is that of AWS for ${Object.keys(given).join(", ")}`, () => {
      const attributes = Object.entries(given).map(([name, [type, value]]) => {
        return [name, { type, value: type === "Binary" ? Buffer.from(value).toString("base64") : value }] as const;
      });
      assert.equal(attributeDigest(new Map(attributes)), digest);
    });
  }

  it("is absent where there are no attributes", () => {
    assert.equal(attributeDigest(new Map()), undefined);
  });
});
