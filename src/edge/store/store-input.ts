import { Buffer } from "node:buffer";
import { CLAIM_LIMIT_MAX } from "../../ports/store/due-work.ts";
import type { Change, EntityScan, NextDue } from "../../ports/store/entities.ts";
import {
  COMMIT_BYTES_MAX,
  COMMIT_CHANGES_MAX,
  SCAN_ENTITIES_MAX,
  STORE_NAME_BYTES_MAX,
  STORE_VALUE_BYTES_MAX,
} from "../../ports/store/entities.ts";
import { LAST_CODE_POINT } from "./sql-store.ts";

const LEASE_MS_MAX = 86_400_000;

/** @throws RangeError beyond the bounds of a name. Both databases keep such a text as it is. */
export function checkNames(...names: readonly string[]): void {
  for (const name of names) {
    const isText = name.length > 0 && Buffer.byteLength(name) <= STORE_NAME_BYTES_MAX && isStorable(name);
    if (!isText || name.includes(LAST_CODE_POINT))
      throw new RangeError(`a name in the store has 1 to ${STORE_NAME_BYTES_MAX} bytes of text, got "${name}"`);
  }
}

/** @throws RangeError beyond the bounds of a scan. */
export function checkScan({ kind, prefix, after, limit = 1 }: EntityScan): void {
  checkNames(kind, ...[prefix, after].filter((text) => text !== undefined && text !== "").map(String));
  checkNumber("a scan's limit", limit, SCAN_ENTITIES_MAX);
}

/** @throws RangeError beyond the bounds of a claim. */
export function checkClaim(kind: string, limit: number, claimMs: number): void {
  checkNames(kind);
  checkNumber("a claim's limit", limit, CLAIM_LIMIT_MAX);
  checkDuration(claimMs);
}

/** @throws RangeError when it is not 1 ms to a day. */
export function checkDuration(ms: number): void {
  checkNumber("a lease's or a claim's milliseconds", ms, LEASE_MS_MAX);
}

/** @throws RangeError beyond the bounds of a commit, or when it changes one thing twice. */
export function checkChanges(changes: readonly Change[]): void {
  checkNumber("a commit's count of changes", changes.length, COMMIT_CHANGES_MAX);
  const subjects = new Set<string>();
  let bytes = 0;
  for (const change of changes) {
    checkNames(change.kind, change.name);
    bytes += valueBytes(change);
    const room = ["put", "delete", "require"].includes(change.change) ? "entity" : "due work";
    subjects.add(JSON.stringify([room, change.kind, change.name]));
    const dueAtMs = change.change === "schedule" ? change.dueAtMs : nextOf(change)?.dueAtMs;
    if (!Number.isSafeInteger(dueAtMs ?? 0))
      throw new RangeError(`a due time is in whole milliseconds, got ${dueAtMs}`);
  }
  if (bytes > COMMIT_BYTES_MAX) throw new RangeError(`a commit has at most ${COMMIT_BYTES_MAX} bytes, got ${bytes}`);
  if (subjects.size < changes.length) throw new RangeError("a commit changes each entity and each due work once");
}

function nextOf(change: Change): NextDue | undefined {
  return change.change === "settle" ? change.next : undefined;
}

function valueBytes(change: Change): number {
  const value = "value" in change ? change.value : nextOf(change)?.value;
  if (value === undefined) return 0;
  const bytes = Buffer.byteLength(value);
  if (bytes > STORE_VALUE_BYTES_MAX || !isStorable(value))
    throw new RangeError(
      `a value has at most ${STORE_VALUE_BYTES_MAX} bytes of text, got ${bytes} for "${change.name}"`,
    );
  return bytes;
}

/** PostgreSQL has no text with U+0000, and half a surrogate pair has no bytes in UTF-8. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function checkNumber(what: string, value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > max)
    throw new RangeError(`${what} must be 1..${max}, got ${value}`);
}
