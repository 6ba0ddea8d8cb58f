import type { Lease } from "./leases.ts";

/** In bytes of UTF-8, of a kind and of a name. */
export const STORE_NAME_BYTES_MAX = 512;
export const STORE_VALUE_BYTES_MAX = 1024 * 1024;
/** How many changes one commit may hold, and how large their values may be together. */
export const COMMIT_CHANGES_MAX = 100;
export const COMMIT_BYTES_MAX = 4 * 1024 * 1024;
export const SCAN_ENTITIES_MAX = 1_000;
/** A page ends before its values reach more than this; a single one always fits. */
export const SCAN_BYTES_MAX = 4 * 1024 * 1024;
/** How long the store knows that something was deleted, for those who follow its changes. */
export const DELETION_KEPT_MS = 86_400_000;

/** What makes an entity one of its kind. A name sorts by its code points. */
export interface EntityKey {
  readonly kind: string;
  readonly name: string;
}

/** Something that has an identity and is changed: a rule, a schedule, a replay. */
export interface Entity extends EntityKey {
  /** What the owner of the kind wrote, mostly JSON. It comes back byte for byte. */
  readonly value: string;
  /** The revision of the store that the last change of this entity made. */
  readonly revision: number;
  /** Both by the store's clock, in epoch milliseconds. */
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

/** Which state an entity must have for a change to be made: a revision, or whether it is there at all. */
export type Expectation = number | "absent" | "present";

/** One change of a commit. */
export type Change =
  | (EntityKey & { readonly change: "put"; readonly value: string; readonly expect?: Expectation })
  | (EntityKey & { readonly change: "delete"; readonly expect?: Expectation })
  /** Changes nothing: the commit is made only if the entity is as expected, and it stays so until then. */
  | (EntityKey & { readonly change: "require"; readonly expect: number | "present" })
  /** Makes work due at a time, in the place of what is scheduled by that name. A claim on that is void. */
  | (EntityKey & { readonly change: "schedule"; readonly dueAtMs: number; readonly value: string })
  | (EntityKey & { readonly change: "unschedule" })
  /** Ends claimed work, or makes it due again. A conflict when the claim is void. */
  | (EntityKey & { readonly change: "settle"; readonly claim: string; readonly next?: NextDue });

/** When claimed work is due again, and what it then says. */
export interface NextDue {
  readonly dueAtMs: number;
  readonly value: string;
}

/** A change that found another state than it expected. */
export interface Conflict {
  /** Position in the list given to `commit`. */
  readonly index: number;
  /** The revision of the entity that is there; undefined when there is none, or when a claim is void. */
  readonly found: number | undefined;
}

/** What became of a commit. Its revision is undefined when no entity was changed. */
export type Committed =
  | { readonly ok: true; readonly revision: number | undefined }
  | { readonly ok: false; readonly reason: "conflict"; readonly conflicts: readonly Conflict[] }
  | { readonly ok: false; readonly reason: "lease-lost" };

/** Which entities a scan is about. */
export interface EntityScan {
  readonly kind: string;
  /** Only names that begin so. */
  readonly prefix?: string;
  /** Only names behind this one: the last of the page before. */
  readonly after?: string;
  /** At most so many; `SCAN_ENTITIES_MAX` by default. */
  readonly limit?: number;
}

export interface EntityPage {
  /** Ordered by name. */
  readonly entities: readonly Entity[];
  /** Whether there are more behind the last one. */
  readonly more: boolean;
}

/** What was changed after a revision. `behind` means that deletions were forgotten since: read everything anew. */
export type ChangedEntities =
  | {
      readonly kind: "changes";
      /** In the order of their last change. What was deleted is no more to be found. */
      readonly keys: readonly EntityKey[];
      /** The keys are complete up to this revision: ask after it next. */
      readonly revision: number;
      readonly more: boolean;
    }
  | { readonly kind: "behind" };

/**
 * Keeps entities. One counter of revisions serves all of them: each commit that changes entities takes the next number,
 * and commits become visible in that order. So whoever has followed the changes up to a revision has missed none.
 */
export interface Entities {
  get(kind: string, name: string): Promise<Entity | undefined>;
  /** Reads a page in the order of names. */
  scan(scan: EntityScan): Promise<EntityPage>;
  /**
   * Makes all changes or none, and resolves when they are durable. With a lease, only while it is held.
   *
   * @throws StoreError; with the reason `unknown` it may have been done all the same.
   */
  commit(changes: readonly Change[], lease?: Lease): Promise<Committed>;
  /** The revision of the last commit that changed entities; 0 in an empty store. */
  revision(): Promise<number>;
  /** To follow from the beginning: ask for the revision, scan everything, then ask after that revision. */
  changedAfter(revision: number): Promise<ChangedEntities>;
}
