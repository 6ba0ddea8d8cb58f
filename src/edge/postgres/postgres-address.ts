import type { ConnectionOptions } from "node:tls";
import type { TlsTexts } from "../../domain/target/tls-texts.ts";

/** Where a PostgreSQL is, and as whom to sign in. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly ssl: ConnectionOptions | false;
}

/**
 * Reads a postgres:// URL. Its `sslmode` is `disable`, `require` or `verify-full`, as libpq has them; left out, it is
 * `verify-full` where certificates are given to check the server's by or to sign in with, else `disable`.
 *
 * @throws Error when it is no such URL; the text never quotes it, since it may hold a password.
 */
export function postgresAddress(text: string, tls: TlsTexts): PostgresAddress {
  const url = new URL(text);
  const user = decodeURIComponent(url.username) || "busbar";
  return {
    host: url.hostname.replace(/^\[|\]$/g, "") || "localhost",
    port: Number(url.port) || 5432,
    user,
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || user,
    ssl: sslOptions(url, tls),
  };
}

function sslOptions(url: URL, tls: TlsTexts): ConnectionOptions | false {
  const mode = url.searchParams.get("sslmode") ?? (Object.keys(tls).length > 0 ? "verify-full" : "disable");
  if (mode === "disable") return false;
  // As libpq: `require` checks a certificate only where there is something to check it by.
  return { ...tls, rejectUnauthorized: mode === "verify-full" || tls.ca !== undefined };
}

/** The address without what is secret, for messages. */
export function addressText({ host, port, database }: PostgresAddress): string {
  return `${host}:${port}/${database}`;
}
