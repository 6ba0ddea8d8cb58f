import type { Change, Entity, EntityKey } from "./store/entities.ts";

/** An entity that has changed, as the store has it now; undefined where it has it no more. */
export interface ChangedEntity extends EntityKey {
  readonly entity: Entity | undefined;
}

/** Why a change of the configuration was not made. */
export type ChangeRefusal =
  /** There is no store. */
  | { readonly reason: "no-store" }
  /** Others changed the same again and again. */
  | { readonly reason: "conflict" }
  /** The store is away, full or refuses. `mayBeDone`: it is not known whether it made the change. */
  | { readonly reason: "store"; readonly message: string; readonly mayBeDone: boolean }
  /** It was stored, and this router could not take it over yet. */
  | { readonly reason: "not-in-force"; readonly message: string };

export type ChangeResult = { readonly ok: true } | ({ readonly ok: false } & ChangeRefusal);

/**
 * Makes the changes from what the store has at that moment. It is called again when another change came in between, so
 * whatever it throws refuses the change as it would be then.
 */
export type DecideChanges = (found: readonly (Entity | undefined)[]) => readonly Change[] | Promise<readonly Change[]>;

/** The operations of the EventBridge API that change what is made over it. */
export const EVENTS_CHANGE_OPERATIONS = [
  "CreateEventBus",
  "UpdateEventBus",
  "DeleteEventBus",
  "PutRule",
  "EnableRule",
  "DisableRule",
  "DeleteRule",
  "PutPermission",
  "RemovePermission",
  "CreateConnection",
  "UpdateConnection",
  "DeleteConnection",
  "DeauthorizeConnection",
  "CreateApiDestination",
  "UpdateApiDestination",
  "DeleteApiDestination",
  "PutTargets",
  "RemoveTargets",
  "CreateArchive",
  "UpdateArchive",
  "DeleteArchive",
  "TagResource",
  "UntagResource",
] as const;

/** Those of the SQS API. */
export const SQS_CHANGE_OPERATIONS = [
  "CreateQueue",
  "DeleteQueue",
  "SetQueueAttributes",
  "TagQueue",
  "UntagQueue",
  "AddPermission",
  "RemovePermission",
] as const;

/** Those of the Lambda API. */
export const LAMBDA_CHANGE_OPERATIONS = [
  "CreateEventSourceMapping",
  "UpdateEventSourceMapping",
  "DeleteEventSourceMapping",
  "CreateAlias",
  "UpdateAlias",
  "DeleteAlias",
  "TagResource",
  "UntagResource",
] as const;

/** The operations that change what is made over the API. */
export const CHANGE_OPERATIONS = [
  ...EVENTS_CHANGE_OPERATIONS,
  ...SQS_CHANGE_OPERATIONS,
  ...LAMBDA_CHANGE_OPERATIONS,
] as const;

export type ChangeOperation = (typeof CHANGE_OPERATIONS)[number];

/** Hears what becomes of what is made over the API. */
export interface MadeObserver {
  /** An operation that changes something has ended. @param outcome `done`, or the code of its error. */
  changed(operation: ChangeOperation, outcome: string): void;
  /** Another change came in between, so that this one is decided anew. */
  conflicted(): void;
  /** What the store had at this revision is in force at this router. */
  tookOver(revision: number): void;
}

/** Changes what is made over the API. */
export interface MadeChanges {
  readonly observer: Pick<MadeObserver, "changed">;
  /** Whether there is a store to keep it. */
  readonly isKept: boolean;
  /**
   * Reads entities, decides, and commits; each change must expect what was found. Resolves once this router has it in
   * force. Nothing is committed for an empty list of changes.
   */
  change(keys: readonly EntityKey[], decide: DecideChanges): Promise<ChangeResult>;
  /** Reads one more entity, while deciding. @throws StoreError */
  get(key: EntityKey): Promise<Entity | undefined>;
  /** Whether the store has an entity whose name begins so. @throws StoreError */
  hasAny(kind: string, prefix: string): Promise<boolean>;
}
