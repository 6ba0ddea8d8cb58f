import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { callHeaders } from "../../../src/edge/targets/http/call-headers.ts";
import { blocksOf, codeIn, readPage, rowsOf, sectionOf } from "../../support/docs/documentation.ts";

const PAGE = "idempotency.md";

describe("docs/idempotency.md", () => {
  it("docs/idempotency.md shows parts of the example as they are", () => {
    const example = readPage("../examples/idempotent-consumer/server.mjs");
    const shown = blocksOf(PAGE).filter(({ info }) => info === "js example");
    assert.equal(shown.length, 2);
    for (const { text } of shown) assert.ok(example.includes(text), text);
  });

  it("docs/idempotency.md names headers that calls have, and members that the bootstraps give", () => {
    const invocation = {
      id: "d-1",
      attempt: 2,
      destination: { kind: "function", name: "f" },
      payload: Buffer.from("{}"),
    } as const;
    const headers = Object.keys(callHeaders(invocation)).filter((name) => name.startsWith("busbar-"));
    const [http = [], polled = []] = rowsOf(sectionOf(PAGE, "## What stays the same"));
    assert.deepEqual([...codeIn(http[1]!), ...codeIn(http[2]!)].sort(), headers.sort());
    const bootstraps = readPage("../runtimes/python/bootstrap.py") + readPage("../runtimes/nodejs/bootstrap.mjs");
    const members = polled
      .slice(1)
      .flatMap(codeIn)
      .filter((name) => name.startsWith("context."));
    assert.equal(members.length, 4);
    for (const member of members) assert.match(bootstraps, new RegExp(`(self\\.| )${member.slice(8)}\\b`));
  });

  it("docs/idempotency.md promises at least once, and no more", () => {
    assert.match(readPage(PAGE), /at least once/);
    assert.doesNotMatch(readPage(PAGE), /exactly once/i);
  });
});
