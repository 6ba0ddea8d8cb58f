import type { Settings } from "../config/settings/settings.ts";
import type { Identity } from "../domain/arn.ts";
import type { Config } from "../domain/config.ts";
import type { IsHeld } from "../domain/rule/rule.ts";
import type { Limits } from "../domain/limits.ts";
import type { Observation } from "../edge/observe/observation.ts";
import type { Lifecycle } from "./lifecycle.ts";

/** What every part of a router starts from. */
export interface Shared {
  readonly settings: Settings;
  readonly identity: Identity;
  readonly limits: Limits;
  /** The configuration in force, which a reload replaces. */
  readonly config: () => Config;
  /** Which rules get an event from an archive, and not directly. */
  readonly isHeld: IsHeld;
  readonly observation: Observation;
  readonly lifecycle: Lifecycle;
  /** Logs an error that no part expected. */
  readonly report: (error: unknown) => void;
}
