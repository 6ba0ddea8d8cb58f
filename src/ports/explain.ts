import type { Rule, UnmetComparison } from "../domain/rule/rule.ts";
import type { TargetRef } from "../domain/target/target.ts";
import type { Json } from "../json/json.ts";
import type { Miss } from "../pattern/explain.ts";

/** What somebody asks to have explained. */
export interface ExplainRequest {
  /** An event, or an entry of PutEvents. */
  readonly event: Json | undefined;
  /** The bus that the event is put on; without it the one that an entry names, or `default`. */
  readonly bus?: string;
  /** A rule of that bus, when only one is asked for. */
  readonly rule?: string;
}

export type ExplainAnswer =
  | { readonly ok: true; readonly explanation: EventExplanation | RuleExplanation }
  | { readonly ok: false; readonly reason: "invalid" | "unknown"; readonly message: string }
  /** Whoever asked may not have events explained on the bus. Whether there is such a bus is not said either. */
  | { readonly ok: false; readonly reason: "forbidden"; readonly message: string; readonly bus: string };

/** Whether an event meets a rule's conditions, or why nobody can tell. */
export type ConditionsResult = "met" | "not met" | { readonly error: string };

/** Why a rule matches an event, or does not. */
export interface RuleExplanation {
  readonly bus: string;
  readonly rule: string;
  readonly state: Rule["state"];
  /** Whether the event goes to its targets: its pattern fits, its conditions are met, and it is enabled. */
  readonly matched: boolean;
  readonly misses: readonly Miss[];
  /** Only where the pattern fits. */
  readonly conditions?: ConditionsResult;
  /** Only where the conditions are not met. */
  readonly unmetComparisons?: readonly UnmetComparison[];
  readonly targets: readonly TargetExplanation[];
}

export interface TargetExplanation {
  readonly id: string;
  readonly kind: TargetRef["kind"];
  readonly name: string;
  /** Only of an event bus to which the event goes on and that may be explained: the rules that it matches there, as `bus/name`. */
  readonly rules?: readonly string[];
}

export interface EventExplanation {
  readonly bus: string;
  readonly matched: readonly RuleExplanation[];
  /** The rules of the bus that do not match, nearest first. */
  readonly missed: readonly RuleExplanation[];
  /** How many more there are. */
  readonly leftOut: number;
  /** Rules of other buses that it would match there, as `bus/name`. */
  readonly onOtherBuses: readonly string[];
}
