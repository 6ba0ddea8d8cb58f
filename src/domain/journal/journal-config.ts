/** What of events and answers the journal keeps besides the facts. */
export type KeptBodies = "off" | "failed" | "all";

/** What is replaced in bodies before anything leaves the router. */
export interface Redaction {
  /** A member whose name ends with one of them is redacted, as `redactionKey` writes both. */
  readonly keys: readonly string[];
  /** Members of the event by their path, such as `["detail", "card", "number"]`; `*` is any member or item. */
  readonly paths: readonly (readonly string[])[];
  /** `mask` leaves nothing; `hash` leaves what tells whether two values are the same. */
  readonly with: "mask" | "hash";
}

/** A member's name as redaction compares it: `X-Api_Key` and `xApiKey` are one. */
export function redactionKey(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** How the names of secrets end in most events. A configuration's own list takes its place. */
export const SECRET_KEYS: readonly string[] = [
  "password",
  "passwd",
  "secret",
  "token",
  "apikey",
  "privatekey",
  "authorization",
  "cookie",
  "credential",
  "credentials",
];

/** What is replaced where there is no section for the journal. */
export const INITIAL_REDACTION: Redaction = { keys: SECRET_KEYS.map(redactionKey), paths: [], with: "mask" };

/** A member of events by whose value they can be found. */
export interface IndexedField {
  /** As the configuration writes it: `detail.orderId`. */
  readonly name: string;
  readonly path: readonly string[];
}

/** What routers write into the journal. */
export interface JournalConfig {
  readonly bodies: KeptBodies;
  readonly fields: readonly IndexedField[];
  readonly redact: Redaction;
  /** How many bytes one router writes in a second at most, on the average of some seconds. */
  readonly bytesPerSecondMax: number;
  /** About how much of the journal is kept. */
  readonly bytesMax: number;
  /** How long it is kept at most. */
  readonly ageMsMax: number;
}
