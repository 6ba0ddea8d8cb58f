import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SharedLog } from "../../../../src/flow/control-log/shared-log.ts";
import { Owners } from "../../../../src/flow/order/owners.ts";

const F = "function/f";

/** One log, and the routers that read it. */
async function world(...names: readonly string[]) {
  const listeners: ((record: Buffer) => void)[] = [];
  const append = (record: Buffer): Promise<void> => {
    for (const listener of listeners) listener(record);
    return Promise.resolve();
  };
  const follow = (listener: (record: Buffer) => void): Promise<void> => {
    listeners.push(listener);
    return Promise.resolve();
  };
  const routers = new Map<string, Owners>();
  for (const name of names) {
    let ids = 0;
    const log = new SharedLog({ append, follow }, () => assert.fail("an unreadable record"));
    routers.set(name, new Owners({ log, newId: () => `${name} ${ids++}` }));
    await log.start();
  }
  return (name: string): Owners => routers.get(name)!;
}

describe("Owners of ordered functions' queues", () => {
  it("trust what a router gave back that left in good order, and what they held themselves", async () => {
    const router = await world("a", "b");
    assert.equal(await router("a").takeOver(F), false, "nobody knows who held it before");
    assert.equal(await router("a").takeOver(F), true);
    assert.equal(await router("b").takeOver(F), false, "a did not leave");
    await router("b").leave(F);
    assert.equal(await router("a").takeOver(F), true);
    assert.equal(await router("a").takeOver("function/other"), false, "each function by itself");
  });

  it("know the message that routers were trying when they ended, and no other", async () => {
    const router = await world("a", "b", "c");
    for (const name of ["a", "b"]) {
      await router(name).takeOver(F);
      await router(name).tries(F, "innocent");
      await router(name).hasTried(F);
      await router(name).tries(F, "poison");
    }
    assert.equal(router("c").endsWith(F, "poison"), 2);
    assert.equal(router("c").endsWith(F, "innocent"), 0);
    assert.equal(router("b").endsWith(F, "poison"), 1, "its own trial says nothing: it lives");
    await router("a").leave(F);
    assert.equal(router("c").endsWith(F, "poison"), 1);
  });
});
