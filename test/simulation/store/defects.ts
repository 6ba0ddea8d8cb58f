import type { ChangedEntity } from "../../../src/ports/made.ts";
import type { Entities, Entity } from "../../../src/ports/store/entities.ts";
import { StoreError } from "../../../src/ports/store/store.ts";

type TakeOver = (changed: readonly ChangedEntity[]) => Promise<void>;

/** A defect put between a router's code and what it depends on. */
export interface StoreDefect {
  readonly store?: (store: Entities) => Entities;
  readonly takeOver?: (takeOver: TakeOver, wait: (ms: number) => Promise<void>) => TakeOver;
}

/** Defects that a router could have, each of which the simulation must find. */
export const STORE_DEFECTS: Readonly<Record<string, StoreDefect>> = {
  "changes what others changed meanwhile": {
    store: (store) => ({
      ...store,
      commit: (changes) =>
        store.commit(
          changes.map((change) => {
            if (change.change !== "put") return change;
            const { expect: _expected, ...unconditional } = change;
            return unconditional;
          }),
        ),
    }),
  },
  "takes a lost answer for a refusal": {
    store: (store) => ({
      ...store,
      commit: (changes) =>
        store.commit(changes).catch((error: unknown) => {
          throw new StoreError("unavailable", String(error));
        }),
    }),
  },
  "makes a change again whose answer was lost": {
    store: (store) => ({
      ...store,
      commit: (changes) => store.commit(changes).catch(() => ({ ok: false, reason: "conflict", conflicts: [] })),
    }),
  },
  "does not see that the revision has changed": {
    store: (store) => ({
      ...store,
      changedAfter: (revision) => Promise.resolve({ kind: "changes", keys: [], revision, more: false }),
    }),
  },
  "leaves out what was deleted": {
    store: (store) => {
      const known = new Map<string, Entity>();
      return {
        ...store,
        get: async (kind, name) => {
          const entity = await store.get(kind, name);
          if (entity !== undefined) known.set(`${kind} ${name}`, entity);
          return entity ?? known.get(`${kind} ${name}`);
        },
      };
    },
  },
  "reads only the first page of changes": {
    store: (store) => ({
      ...store,
      changedAfter: async (revision) => {
        const changed = await store.changedAfter(revision);
        return changed.kind === "changes" ? { ...changed, revision: await store.revision(), more: false } : changed;
      },
    }),
  },
  "answers before it is in force": {
    takeOver: (takeOver, wait) => (changed) => {
      void wait(500).then(() => takeOver(changed).catch(() => undefined));
      return Promise.resolve();
    },
  },
  "forgets what could not be put in force": {
    takeOver: (takeOver) => (changed) => takeOver(changed).catch(() => undefined),
  },
};
