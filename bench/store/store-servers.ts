import { openPostgresStore } from "../../src/edge/postgres/open-postgres-store.ts";
import type { Store } from "../../src/ports/store/store.ts";
import { startRabbitMq } from "../../test/support/rabbitmq/rabbitmq.ts";
import { Router } from "../../test/support/router/router.ts";
import { createDatabase, startPostgres } from "../../test/support/store/postgres.ts";

/** A start with 100,000 rules takes some twenty seconds on a quiet machine. */
const START_MS_MAX = 240_000;

/** Which broker and store routers share. */
export interface SharedByRouters {
  readonly BUSBAR_BROKER: string;
  readonly BUSBAR_STORE: string;
}

type After = (cleanUp: () => Promise<unknown>) => void;

/** A RabbitMQ and a PostgreSQL of one's own. */
export interface StoreServers {
  /** An empty virtual host and an empty database. */
  readonly fresh: () => Promise<SharedByRouters>;
  /** Ended with the servers. */
  readonly after: After;
}

/** Starts both servers for some work. They and what was registered end with it, last in first out, whatever comes of it. */
export async function withStoreServers<Result>(work: (servers: StoreServers) => Promise<Result>): Promise<Result> {
  const undo: (() => Promise<unknown>)[] = [];
  const after: After = (cleanUp) => void undo.unshift(cleanUp);
  try {
    const rabbitMq = await startRabbitMq();
    after(() => rabbitMq.remove());
    const postgres = await startPostgres();
    after(() => postgres.remove());
    const fresh = async (): Promise<SharedByRouters> => ({
      BUSBAR_BROKER: await rabbitMq.newVhost(),
      BUSBAR_STORE: await createDatabase(postgres.url, { after }),
    });
    return await work({ fresh, after });
  } finally {
    for (const cleanUp of undo) await cleanUp();
  }
}

/** Starts a router for each environment, side by side; none is left when one of them cannot start. */
export async function startRouters(
  config: string,
  envs: readonly Readonly<Record<string, string>>[],
): Promise<readonly Router[]> {
  const starting = envs.map((env) => Router.start({ config, env, startMsMax: START_MS_MAX }));
  const ended = await Promise.allSettled(starting);
  const routers = ended.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  if (routers.length === envs.length) return routers;
  await Promise.all(routers.map((router) => router.remove()));
  return Promise.all(starting);
}

/** The store as a router has it, to fill it. */
export function openStoreAt({ BUSBAR_STORE }: SharedByRouters): Promise<Store> {
  const { signal } = new AbortController();
  return openPostgresStore({ urls: [BUSBAR_STORE], tls: {}, connections: 2, events: {}, signal });
}
