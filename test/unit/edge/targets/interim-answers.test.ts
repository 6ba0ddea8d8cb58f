import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InterimHeads } from "../../../../src/edge/targets/http/interim-answers.ts";
import { assertBoundedWork } from "../../../support/bounded-work.ts";

/** What is left of an answer that comes in pieces of so many bytes. */
function read(answer: string, pieceBytes = answer.length): string {
  const heads = new InterimHeads();
  heads.begin();
  const pieces: Buffer[] = [];
  for (let at = 0; at < answer.length; at += pieceBytes) {
    const piece = Buffer.from(answer.slice(at, at + pieceBytes), "latin1");
    heads.read(piece);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("latin1");
}

const FINAL = "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";

describe("interim answers", () => {
  const answers: [string, string, string][] = [
    ["a 100", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 102 Continue\r\n\r\n"],
    ["a 101 with headers", "HTTP/1.1 101 S\r\nupgrade: x\r\n\r\n", "HTTP/1.1 102 S\r\nupgrade: x\r\n\r\n"],
    [
      "a 103 and a 100",
      "HTTP/1.1 103 E\r\na: b\r\n\r\nHTTP/1.0 100\r\n\r\n",
      "HTTP/1.1 103 E\r\na: b\r\n\r\nHTTP/1.0 102\r\n\r\n",
    ],
    ["one behind empty lines", "\r\n\r\nHTTP/1.1 100 C\r\n\r\n", "\r\n\r\nHTTP/1.1 102 C\r\n\r\n"],
    ["a 110", "HTTP/1.1 110 X\r\n\r\n", "HTTP/1.1 110 X\r\n\r\n"],
    ["none", "", ""],
  ];
  for (const [what, interim, expected] of answers) {
    it(`Interim heads are recognised before a final answer, which stays as it is: ${what}`, () => {
      for (const pieceBytes of [1, 2, 7, 1_000]) assert.equal(read(interim + FINAL, pieceBytes), expected + FINAL);
    });
  }

  it("Interim heads are recognised again after another request was sent", () => {
    const heads = new InterimHeads();
    heads.begin();
    heads.read(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"));
    heads.begin();
    const second = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n");
    heads.read(second);
    assert.match(second.toString(), /^HTTP\/1\.1 102 /);
  });

  it("Reading interim heads takes linear time", async () => {
    const many = Buffer.from("HTTP/1.1 100 C\r\n\r\n".repeat(60_000));
    await assertBoundedWork("interim heads", many.length, () => {
      const heads = new InterimHeads();
      heads.begin();
      heads.read(many);
    });
  });
});
