import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { createSealing } from "../../src/edge/sealing/sealing.ts";
import { openSqliteStore } from "../../src/edge/sqlite/store/sqlite-store.ts";
import { resealSecrets } from "../../src/flow/secrets/secrets.ts";
import type { Sealing } from "../../src/ports/store/sealing.ts";
import { SECRET_KIND } from "../../src/ports/store/sealing.ts";
import type { Store } from "../../src/ports/store/store.ts";
import { committed, KIND, put } from "./store/store-case.ts";

const [OLD, NEW, LOST] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte)) as [Buffer, Buffer, Buffer];
const COUNT = 1_100;

describe("Secrets in the store", () => {
  it("resealSecrets seals by the new key what the old one sealed, once for all routers, and nothing else", async (t) => {
    const store = await openStore(t);
    const [before, between, after] = [createSealing([OLD]), createSealing([NEW, OLD]), createSealing([NEW])];
    const names = Array.from({ length: COUNT }, (_, n) => `secret-${n}`);
    for (let from = 0; from < COUNT; from += 100)
      await committed(store, ...names.slice(from, from + 100).map((name) => secret(name, before)));
    await committed(
      store,
      secret("lost", createSealing([LOST])),
      secret("new", after),
      put("not-a-secret", "plain", KIND),
    );
    const done = await Promise.all([resealSecrets(store, between), resealSecrets(store, between)]);
    assert.equal(done[0].sealed + done[1].sealed, COUNT);
    for (const { unreadable } of done)
      assert.deepEqual([unreadable.count, unreadable.first?.reason], [1, "unknown-key"]);
    for (const name of [...names, "new"]) {
      const entity = await store.get(SECRET_KIND, name);
      assert.equal(after.open(entity?.value ?? "", { kind: SECRET_KIND, name }), `value of ${name}`);
    }
    assert.equal((await store.get(KIND, "not-a-secret"))?.value, "plain");
    const revision = await store.revision();
    assert.equal((await resealSecrets(store, after)).sealed, 0);
    assert.equal(await store.revision(), revision);
  });
});

function secret(name: string, sealing: Sealing) {
  return put(name, sealing.seal(`value of ${name}`, { kind: SECRET_KIND, name }), SECRET_KIND);
}

async function openStore(t: TestContext): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), "busbar-secrets-"));
  const { store } = await openSqliteStore({ folder, events: {} });
  t.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  return store;
}
