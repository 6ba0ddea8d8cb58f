import { readTlsFiles } from "../../config/live/live-certificate.ts";
import { storeOf } from "../../config/settings/store-settings.ts";
import { openPostgresStore } from "../../edge/postgres/open-postgres-store.ts";
import { openSqliteStore } from "../../edge/sqlite/store/sqlite-store.ts";
import type { RouterLock } from "../../edge/rabbitmq/router-lock.ts";
import { takeRouterLock } from "../../edge/rabbitmq/router-lock.ts";
import { LockedStore } from "../../edge/store/locked-store.ts";
import { createSealing } from "../../edge/sealing/sealing.ts";
import { resealSecrets } from "../../flow/secrets/secrets.ts";
import type { Store } from "../../ports/store/store.ts";
import type { Shared } from "../shared.ts";

/** Opens the store, if the settings name one. Resolves when it was read once, however long that takes. */
export async function startStore(shared: Shared): Promise<Store | undefined> {
  const { settings, observation, lifecycle } = shared;
  const { storeEvents: events } = observation;
  const where = storeOf(settings);
  if (where === undefined) return undefined;
  if (where === "embedded") {
    const lock = await beTheOnlyRouter(shared);
    const { store: unlocked } = await openSqliteStore({ folder: settings.data, events });
    const store = lock === undefined ? unlocked : new LockedStore(unlocked, () => lock.problem());
    lifecycle.onStop("store", () => store.close());
    await store.revision();
    await reseal(store, shared);
    return store;
  }
  const stopping = new AbortController();
  const { storeCaFile: ca, storeCertFile: cert, storeKeyFile: key, storeConnections: connections } = settings;
  const tls = await readTlsFiles({ ca, cert, key });
  const store = await openPostgresStore({ urls: where, tls, connections, events, signal: stopping.signal });
  await reseal(store, shared);
  lifecycle.onStop("store", async () => {
    stopping.abort();
    await store.close();
  });
  return store;
}

/** Two routers on one RabbitMQ with a store each would have two truths. */
async function beTheOnlyRouter({ settings, observation, lifecycle }: Shared): Promise<RouterLock | undefined> {
  const { broker: urls, brokerCaFile: ca, brokerCertFile: cert, brokerKeyFile: key } = settings;
  if (urls === "embedded") return undefined;
  const tls = await readTlsFiles({ ca, cert, key });
  const { brokerEvents } = observation;
  const lock = await takeRouterLock({
    urls,
    tls,
    disconnected: (error) => brokerEvents.disconnected(error),
    fault: (message, error) => brokerEvents.fault(message, error),
  });
  lifecycle.onStop("lock of the store", () => lock.release());
  return lock;
}

/** A key that takes the place of another takes over its secrets. That it could not is no reason to be away. */
async function reseal(store: Store, { settings, observation: { log }, report }: Shared): Promise<void> {
  if (settings.secretKey.length === 0) return;
  try {
    const { sealed, unreadable } = await resealSecrets(store, createSealing(settings.secretKey));
    if (sealed > 0) log.info({ secrets: sealed }, "secrets were sealed by the new key");
    if (unreadable.count > 0)
      log.error({ secrets: unreadable.count, error: unreadable.first }, "secrets in the store cannot be opened");
  } catch (error) {
    report(error);
  }
}
