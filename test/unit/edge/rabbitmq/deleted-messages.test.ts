import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DeletedMessages } from "../../../../src/edge/rabbitmq/holds/routers/deleted-messages.ts";

const NOW_MS = 1_800_000_000_000;

const knownTo = (): DeletedMessages =>
  new DeletedMessages(
    [],
    () => Promise.resolve(),
    () => undefined,
  );

describe("messages that are deleted although they may come yet", () => {
  it("a router that is told of a purge sends nothing that counts as sent before, and may purge at once", async () => {
    const [one, started] = [knownTo(), knownTo()];
    await one.purge("orders", NOW_MS);
    await one.clear("mails", NOW_MS);
    await one.add(["0123456789"]);
    for (const told of one.all()) started.hear(told);
    assert.equal(started.purgedBeforeMs("orders"), NOW_MS);
    assert.equal(started.purgedBeforeMs("mails"), undefined);
    assert.equal(started.purgedAgoMs("orders"), undefined);
    assert.ok(started.isBuried("0123456789"));
    for (const queue of ["orders", "mails"]) {
      assert.ok(started.has({ queue, fingerprint: "another", sentAtMs: NOW_MS - 1 }));
      assert.ok(!started.has({ queue, fingerprint: "another", sentAtMs: NOW_MS }));
    }
  });
});
