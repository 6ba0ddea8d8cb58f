import assert from "node:assert/strict";
import { it } from "node:test";
import { Forgetting } from "../../../../src/edge/store/forgetting.ts";
import { COMMIT_CHANGES_MAX } from "../../../../src/ports/store/entities.ts";

it("A commit forgets what is old when it is the first one, then every ten seconds, and each time while there is more", () => {
  let nowMs = 5;
  const forgetting = new Forgetting(() => nowMs);
  assert.equal(forgetting.isDue(), true);
  forgetting.done(COMMIT_CHANGES_MAX);
  assert.equal(forgetting.isDue(), true);
  forgetting.done(COMMIT_CHANGES_MAX - 1);
  assert.equal(forgetting.isDue(), false);
  nowMs += 9_999;
  assert.equal(forgetting.isDue(), false);
  nowMs += 1;
  assert.equal(forgetting.isDue(), true);
});
