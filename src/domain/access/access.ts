import { fitsArn } from "../arn.ts";
import { fitsGlob } from "../../text/glob.ts";

/** The properties of an entry that conditions test, by IAM's names. */
export const CONDITION_KEYS = ["events:source", "events:detail-type"] as const;

export type ConditionKey = (typeof CONDITION_KEYS)[number];

/** IAM's condition operators for these keys. */
export const CONDITION_OPERATORS = [
  "StringEquals",
  "StringNotEquals",
  "StringEqualsIgnoreCase",
  "StringLike",
  "StringNotLike",
] as const;

export type ConditionOperator = (typeof CONDITION_OPERATORS)[number];

/** Holds when one of its values matches; an operator with `Not`, when none does. */
export interface Condition {
  readonly operator: ConditionOperator;
  readonly key: ConditionKey;
  readonly values: readonly string[];
}

/** A statement of a policy, in IAM's shape. */
export interface Statement {
  readonly effect: "Allow" | "Deny";
  /** Patterns of actions such as `events:PutEvents`, with `*` and `?`. Case does not matter, as in IAM. */
  readonly actions: readonly string[];
  /** Patterns of ARNs, with `*` and `?`. Case matters. */
  readonly resources: readonly string[];
  /** All of them must hold. */
  readonly conditions: readonly Condition[];
}

/** The owner of a credential of any kind, with its policies. */
export interface Principal {
  /**
   * Identifies the principal in rates, shares, logs and errors. It begins with the kind of credential or the issuer: an
   * issuer's subject may have the same name as an access key.
   */
  readonly id: string;
  readonly statements: readonly Statement[];
  /** Its own limit of requests a second, for one router. */
  readonly requestsPerSecond?: number;
}

/** An action that a principal asks for. The resource `*` is nothing in particular. */
export interface AccessRequest {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<ConditionKey, string>>;
}

/** `denied`: a `Deny` statement applies. `not-allowed`: no statement applies. */
export type Decision = "allowed" | "denied" | "not-allowed";

/** The id of an access key's owner: `access-key/checkout`. Keys of one name are one principal. */
export function accessKeyPrincipal(name: string): string {
  return `access-key/${name}`;
}

/** The id of a listed bearer token's owner: `bearer-token/operators`. */
export function bearerTokenPrincipal(name: string): string {
  return `bearer-token/${name}`;
}

/**
 * The id of the subject of an issuer's token: `issuer/people/alice`. A subject may contain slashes, an issuer's name
 * not.
 */
export function issuedPrincipal(issuerName: string, subject: string): string {
  return `issuer/${issuerName}/${subject}`;
}

/** The principal of every request to a router without credentials. */
export const ANYONE: Principal = {
  id: "anyone",
  statements: [{ effect: "Allow", actions: ["*"], resources: ["*"], conditions: [] }],
};

/** Decides as IAM does: an action needs an `Allow`, and any `Deny` overrides it. */
export function decideAccess({ statements }: Principal, request: AccessRequest): Decision {
  const fitting = statements.filter((statement) => concerns(statement, request) && conditionsHold(statement, request));
  if (fitting.some(({ effect }) => effect === "Deny")) return "denied";
  return fitting.length > 0 ? "allowed" : "not-allowed";
}

/** Whether a statement allows the action on any resource. Without one, a request is refused before it is read. */
export function mayEver({ statements }: Principal, action: string): boolean {
  return statements.some(({ effect, actions }) => effect === "Allow" && fitsAction(actions, action));
}

/**
 * Whether only conditions keep the principal from what it asks for: with another source or detail type it would be
 * allowed.
 */
export function isForConditionsOnly({ statements }: Principal, request: AccessRequest): boolean {
  const concerned = statements.filter((statement) => concerns(statement, request));
  const deniedAnyway = concerned.some(({ effect, conditions }) => effect === "Deny" && conditions.length === 0);
  return !deniedAnyway && concerned.some(({ effect }) => effect === "Allow");
}

/** Whether one of the patterns matches an action. */
export function fitsAction(patterns: readonly string[], action: string): boolean {
  return patterns.some((pattern) => fitsGlob(pattern.toLowerCase(), action.toLowerCase()));
}

function concerns({ actions, resources }: Statement, { action, resource }: AccessRequest): boolean {
  return fitsAction(actions, action) && resources.some((pattern) => fitsArn(pattern, resource));
}

/** An absent key matches no value, as in IAM: only negated conditions hold without it. */
function conditionsHold({ conditions }: Statement, { context }: AccessRequest): boolean {
  return conditions.every(({ operator, key, values }) => holds(operator, values, context?.[key]));
}

function holds(operator: ConditionOperator, values: readonly string[], value: string | undefined): boolean {
  switch (operator) {
    case "StringEquals":
      return value !== undefined && values.includes(value);
    case "StringNotEquals":
      return value === undefined || !values.includes(value);
    case "StringEqualsIgnoreCase":
      return value !== undefined && values.some((one) => one.toLowerCase() === value.toLowerCase());
    case "StringLike":
      return value !== undefined && values.some((one) => fitsGlob(one, value));
    case "StringNotLike":
      return value === undefined || !values.some((one) => fitsGlob(one, value));
  }
}
