import type { Decision } from "../../domain/access/access.ts";
import type { Config } from "../../domain/config.ts";
import type { Rule, UnmetComparison } from "../../domain/rule/rule.ts";
import type { NamedTarget, TargetBatch } from "../../domain/target/target.ts";
import type { Json } from "../../json/json.ts";
import type { Miss } from "../../pattern/explain/explain.ts";

/** A request to explain an event. */
export interface ExplainRequest {
  /** An event, or an entry of PutEvents. */
  readonly event: Json | undefined;
  /** The bus that the event is put on. Without it: the one that an entry names, or `default`. */
  readonly bus?: string;
  /** The one rule of that bus to explain. Without it: all of them. */
  readonly rule?: string;
}

export type ExplainAnswer =
  | { readonly ok: true; readonly explanation: EventExplanation | RuleExplanation }
  | { readonly ok: false; readonly reason: "invalid" | "unknown"; readonly message: string }
  /** The caller may not have events explained on the bus. The answer does not say whether the bus exists. */
  | { readonly ok: false; readonly reason: "forbidden"; readonly message: string; readonly bus: string };

/** Whether an event meets a rule's conditions, or why they cannot be evaluated. */
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
  readonly kind: NamedTarget["kind"];
  readonly name: string;
  /** The version or alias of a function that is called; absent where none is named. */
  readonly qualifier?: string;
  /** How much later than it is accepted it is given an event; absent where not at all. */
  readonly delaySeconds?: number;
  /** Absent where it is given each event by itself. */
  readonly batch?: TargetBatch;
  /** Only of an event bus that the event reaches and that may be explained: the rules it matches there, as `bus/name`. */
  readonly rules?: readonly string[];
}

/** Whether the one who asks may put the event on the bus, by the policies of both. */
export interface PutExplanation {
  /** Undefined on a router that asks nobody who they are. */
  readonly principal?: string;
  readonly decision: Decision;
  /** The statement that decided, by its `sid` or its place, and by its bus where that has it; absent where none applies. */
  readonly statement?: string;
}

/** Says whether the one who asks may put an event on a bus, by the policies of these buses and its own. */
export type ExplainPut = (
  eventBuses: Config["eventBuses"],
  put: { readonly eventBusName: string; readonly source: string; readonly detailType: string },
) => PutExplanation;

export interface EventExplanation {
  /** The digest of the configuration that it is by. */
  readonly configuration: string;
  readonly bus: string;
  /** Absent where the explanation is by rules that are not in force any more. */
  readonly put?: PutExplanation;
  readonly matched: readonly RuleExplanation[];
  /** The rules of the bus that do not match, nearest first. */
  readonly missed: readonly RuleExplanation[];
  /** How many more rules of the bus there are. */
  readonly leftOut: number;
  /** Rules of other buses that the event would match there, as `bus/name`. */
  readonly onOtherBuses: readonly string[];
}
