import assert from "node:assert/strict";
import { it } from "node:test";
import { lettersToRemove, passRemoving } from "../../../src/flow/redrive/pass.ts";

it("A pass fails when something that it removed has gone back at the end of its browse", async () => {
  const broker = {
    depth: () => Promise.resolve({ ready: 1, consumers: 0 }),
    browse: () =>
      Promise.resolve({
        met: 0,
        next: () => Promise.resolve([]),
        end: () => Promise.reject(new Error("it came back")),
      }),
  };
  const visitAnew = () => () => Promise.resolve(undefined);
  const options = { broker, steadyMs: () => 0 };
  const { signal } = new AbortController();
  const letters = lettersToRemove({}, () => 0);
  const { end, error } = await passRemoving("queue", letters, options, visitAnew, signal);
  assert.equal(end, "failed");
  assert.match(String(error), /it came back/);
});
