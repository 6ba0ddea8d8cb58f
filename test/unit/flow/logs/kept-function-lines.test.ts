import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Slots } from "../../../../src/async/slots.ts";
import { KeptFunctionLines } from "../../../../src/flow/logs/kept-function-lines.ts";
import type { LinesQuery } from "../../../../src/ports/functions/function-logs.ts";

const QUERY: LinesQuery = { functionName: "f", fits: () => true, limit: 10 };

describe("Lines that are read", () => {
  it("are refused to those who ask while 32 wait for their turn", async () => {
    const reading = Promise.withResolvers<undefined>();
    const stop = new AbortController();
    const lines = new KeptFunctionLines({
      isOn: () => true,
      open: () => Promise.resolve({ read: () => reading.promise, close: () => Promise.resolve() }),
      slots: new Slots(() => 1),
      stop: stop.signal,
    });
    const first = lines.read(QUERY);
    const waiting = Promise.allSettled(Array.from({ length: 32 }, () => lines.read(QUERY)));
    await assert.rejects(lines.read(QUERY), /too many readings of lines wait already/);
    stop.abort();
    assert.ok((await waiting).every(({ status }) => status === "rejected"));
    reading.resolve(undefined);
    assert.equal((await first).isAtEnd, true);
  });
});
