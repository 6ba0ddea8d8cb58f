import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { installDebianPackage } from "../docs/debian-package.ts";
import { findPostgres } from "./postgres-installation.ts";
import type { Ending } from "../rabbitmq/rabbitmq.ts";
import { startPostgresServer, type PostgresServer } from "./postgres-server.ts";

/** Starts a PostgreSQL of one's own. `POSTGRES_URL` plays no part: what is behind it may not be killed. */
export async function startPostgres(): Promise<PostgresServer> {
  return await startPostgresServer(await installation());
}

let shared: Promise<string> | undefined;

/** The URL of an empty database, dropped when `ending` ends: on the server of `POSTGRES_URL`, else on one that ends with the process. */
export async function freshDatabase(ending: Ending): Promise<string> {
  const given = process.env["POSTGRES_URL"];
  const server =
    given !== undefined && given !== "" ? given : await (shared ??= startPostgres().then(({ url }) => url));
  return await createDatabase(server, ending);
}

/** The URL of a new database on a server, dropped when `ending` ends. */
export async function createDatabase(server: string, ending: Ending): Promise<string> {
  const name = `busbar_${randomUUID().replaceAll("-", "")}`;
  await query(server, `CREATE DATABASE ${name}`);
  ending.after(() => query(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs SQL on a connection of its own; several statements when there are no parameters. */
export async function query(url: string, text: string, parameters?: readonly unknown[]): Promise<readonly object[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<object>(text, parameters === undefined ? undefined : [...parameters]);
    return rows;
  } finally {
    await client.end();
  }
}

async function installation(): Promise<string> {
  const found = findPostgres();
  if (found !== undefined) return found;
  if (process.env["BUSBAR_TEST_INSTALL"] === "1") {
    await installDebianPackage("postgresql");
    const installed = findPostgres();
    if (installed !== undefined) return installed;
  }
  throw new Error(
    "the tests need a PostgreSQL, one of: POSTGRES_URL set to one that runs, whose role may make databases; a server " +
      "installed on this machine; or BUSBAR_TEST_INSTALL=1 on Debian or Ubuntu as root, to install the package",
  );
}
