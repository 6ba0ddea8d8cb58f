import type { StoreErrorReason } from "../../ports/store/store.ts";
import { StoreError } from "../../ports/store/store.ts";

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const DISK_FULL = "53100";
const INSUFFICIENT_PRIVILEGE = "42501";
const SERIALIZATION_FAILURE = "40001";
const DEADLOCK = "40P01";
/** What a standby says to whoever wants to change something. */
export const READ_ONLY = "25006";

/**
 * Classes that pass by themselves: connections (08), invalid state of a transaction (25), conflicts (40), resources (53),
 * locks (55), an operator or a time-out (57), the system (58).
 */
const PASSING_CLASSES = ["08", "25", "40", "53", "55", "57", "58"];
/** After these the server ends the connection, or it is of no use: also in the class of connections. */
const LAST_WORDS = ["57P01", "57P02", "57P03", "57P05", "25P03", READ_ONLY];

/** PostgreSQL's five characters, or Node.js's code of a connection that failed. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Whether the connection is gone, or is to be given up. A time-out of our own leaves it in an unknown state. */
export function isConnectionLost(error: unknown): boolean {
  const code = sqlState(error);
  return code === undefined || code.startsWith("08") || LAST_WORDS.includes(code);
}

/** Whether two transactions stood in each other's way, and this one was rolled back for it. */
export function isRetryable(error: unknown): boolean {
  return [SERIALIZATION_FAILURE, DEADLOCK].includes(sqlState(error) ?? "");
}

export function isForbidden(error: unknown): boolean {
  return sqlState(error) === INSUFFICIENT_PRIVILEGE;
}

/** Whether tables, or the whole schema, are not there. */
export function isMissing(error: unknown): boolean {
  return ["42P01", "3F000"].includes(sqlState(error) ?? "");
}

/** What an error of the driver means to whoever asked the store. */
export function asStoreError(error: unknown, reason = reasonOf(error)): StoreError {
  if (error instanceof StoreError) return error;
  return new StoreError(reason, messageOf(error), { cause: error });
}

function reasonOf(error: unknown): StoreErrorReason {
  const code = sqlState(error);
  if (code === DISK_FULL) return "full";
  if (code === undefined) return isCertificateProblem(error) ? "refused" : "unavailable";
  return PASSING_CLASSES.some((each) => code.startsWith(each)) ? "unavailable" : "refused";
}

/** Node.js's and OpenSSL's codes of a certificate that was not accepted. */
function isCertificateProblem(error: unknown): boolean {
  return /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(codeOf(error) ?? "");
}

function sqlState(error: unknown): string | undefined {
  const code = codeOf(error);
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && error instanceof Error && "severity" in error
    ? code
    : undefined;
}

/** Where a host has several addresses, Node.js's error has no text of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
