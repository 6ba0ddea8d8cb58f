import type { ChangeResult, DecideChanges } from "./made.ts";
import type { Entity, EntityKey, EntityPage, EntityScan } from "./store/entities.ts";

/** Schedules and their groups as the store has them: read, and changed. Reading rejects with StoreError. */
export interface ScheduleBook {
  /** Whether there is a store to keep them. Without one nothing is found. */
  readonly isKept: boolean;
  get(key: EntityKey): Promise<Entity | undefined>;
  scan(scan: EntityScan): Promise<EntityPage>;
  /** Reads entities, decides, and commits; each change must expect what was found. What is due sooner now fires in time. */
  change(keys: readonly EntityKey[], decide: DecideChanges): Promise<ChangeResult>;
}
