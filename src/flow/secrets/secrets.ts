import type { Entities, Entity } from "../../ports/store/entities.ts";
import type { Sealing } from "../../ports/store/sealing.ts";
import { SECRET_KIND, SealingError } from "../../ports/store/sealing.ts";
import type { StoreFinding } from "../../ports/store/store-finding.ts";

const KEYS_SHOWN_MAX = 10;

/** What became of the secrets in the store. */
export interface Resealed {
  /** Those that were sealed by another key than the first, and are sealed by that one now. */
  readonly sealed: number;
  /** The first of those that no key opens, and how many there are. */
  readonly unreadable: { readonly count: number; readonly first: SealingError | undefined };
}

/**
 * Seals by the first key what was sealed by another, so that the other can be taken away. Several routers may do it at
 * once, and secrets may be changed meanwhile: each is replaced only if it is still what was read.
 */
export async function resealSecrets(store: Pick<Entities, "scan" | "commit">, sealing: Sealing): Promise<Resealed> {
  let sealed = 0;
  let count = 0;
  let first: SealingError | undefined;
  for await (const secret of secretsIn(store)) {
    if (sealing.keyIdOf(secret.value) === sealing.keyId) continue;
    try {
      const value = sealing.seal(sealing.open(secret.value, secret), secret);
      const { kind, name, revision } = secret;
      const { ok } = await store.commit([{ change: "put", kind, name, value, expect: revision }]);
      if (ok) sealed += 1;
    } catch (error) {
      if (!(error instanceof SealingError)) throw error;
      count += 1;
      first ??= error;
    }
  }
  return { sealed, unreadable: { count, first } };
}

/** Says how many secrets there are, by which keys they are sealed, and whether all of them can be opened. */
export async function checkSecrets(store: Pick<Entities, "scan">, sealing: Sealing): Promise<readonly StoreFinding[]> {
  const byKey = new Map<string, number>();
  let total = 0;
  let unreadable = 0;
  let first: SealingError | undefined;
  for await (const secret of secretsIn(store)) {
    total += 1;
    const key = sealing.keyIdOf(secret.value) ?? "none";
    byKey.set(key, (byKey.get(key) ?? 0) + 1);
    try {
      sealing.open(secret.value, secret);
    } catch (error) {
      if (!(error instanceof SealingError)) throw error;
      unreadable += 1;
      first ??= error;
    }
  }
  const keys = [...byKey].map(([key, count]) => `${count} by key ${key}`).slice(0, KEYS_SHOWN_MAX);
  const sealed = keys.length === 0 ? "" : ` ${total === 1 ? "is" : "are"} sealed: ${keys.join(", ")}`;
  const found = { isProblem: false, text: `${secrets(total)}${sealed}` };
  if (first === undefined) return [found];
  return [found, { isProblem: true, text: `${secrets(unreadable)} cannot be opened, as ${first.message}` }];
}

function secrets(count: number): string {
  return count === 1 ? "1 secret" : `${count} secrets`;
}

async function* secretsIn(store: Pick<Entities, "scan">): AsyncGenerator<Entity> {
  for (let after = ""; ;) {
    const { entities, more } = await store.scan({ kind: SECRET_KIND, after });
    yield* entities;
    const last = entities.at(-1);
    if (!more || last === undefined) return;
    after = last.name;
  }
}
