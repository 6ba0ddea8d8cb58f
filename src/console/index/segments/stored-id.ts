import type { SQLOutputValue } from "node:sqlite";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** An id as a segment keeps it: 16 bytes for a UUID, the text itself for any other. */
export type StoredId = Uint8Array | string;

export function storedId(id: string): StoredId {
  return UUID.test(id) ? Buffer.from(id.replaceAll("-", ""), "hex") : id;
}

/** The id's text again. */
export function idText(stored: SQLOutputValue | undefined): string {
  if (!(stored instanceof Uint8Array)) return String(stored);
  const hex = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
