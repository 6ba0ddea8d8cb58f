import type { TargetInput } from "../../domain/target/target.ts";
import type { Json } from "../../json/json.ts";

/** A request to render an event as a target would be given it. */
export interface RenderRequest {
  /** An event, or an entry of PutEvents. */
  readonly event: Json | undefined;
  /** The bus of the rule; it stands in what a template can name. */
  readonly bus: string;
  readonly rule?: string;
  /** The id of a target of that rule; without one the rule's only target. */
  readonly target?: string;
  /** What makes the payload; without one, the target's own. */
  readonly input?: TargetInput;
}

export type RenderAnswer =
  /** JSON text, as the router would send it. */
  | { readonly is: "rendered"; readonly json: string }
  /** The delivery would fail: this is what its dead letter would say. */
  | { readonly is: "failed"; readonly message: string }
  | { readonly is: "invalid" | "unknown"; readonly message: string };
