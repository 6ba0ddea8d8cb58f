import type { RestRoute } from "../../protocol/rest-json.ts";
import type { Operation } from "../../service.ts";

/** An operation of the Lambda API, where it is, and how it is made of what it works on. */
export interface LambdaRow<Api> extends RestRoute {
  readonly make: (api: Api) => Operation;
  /** The policy action, where it is not called as the operation is. */
  readonly action?: string;
}

/** Names a version or an alias in the query. */
export const WITH_QUALIFIER = { Qualifier: { member: "Qualifier" } } as const;

/** Ask for a page of a listing in the query. */
export const WITH_MARKER = {
  Marker: { member: "Marker" },
  MaxItems: { member: "MaxItems", type: "integer" },
} as const;
