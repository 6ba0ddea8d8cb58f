import { before } from "node:test";
import { openPostgresStore } from "../../../src/edge/postgres/open-postgres-store.ts";
import type { Store } from "../../../src/ports/store/store.ts";
import { suiteEndings } from "../../support/endings.ts";
import { freshDatabase, query } from "../../support/store/postgres.ts";
import type { StoreFixture } from "../store/store-case.ts";
import { storeContract } from "../store/store-contract.ts";

const endings = suiteEndings();
let url = "";
before(async () => {
  url = await freshDatabase(endings);
});

storeContract("PostgreSQL", async (t): Promise<StoreFixture> => {
  await query(url, "DROP SCHEMA IF EXISTS busbar CASCADE");
  const opened: Store[] = [];
  t.after(() => Promise.all(opened.map((store) => store.close())));
  return {
    async openStore(events = {}) {
      const signal = AbortSignal.timeout(20_000);
      const store = await openPostgresStore({ urls: [url], tls: {}, connections: 5, events, signal });
      opened.push(store);
      return store;
    },
    // A router keeps nothing but connections.
    crash: (store) => store.close(),
    async ageDeletions() {
      await query(url, "UPDATE busbar.entities SET changed_at_ms = 0 WHERE value IS NULL");
    },
  };
});
