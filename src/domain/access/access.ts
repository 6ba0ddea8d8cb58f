import { fitsArn } from "../arn.ts";
import { fitsGlob } from "../../text/glob.ts";

/** What of an entry a policy may ask about, named as IAM names it. */
export const CONDITION_KEYS = ["events:source", "events:detail-type"] as const;

export type ConditionKey = (typeof CONDITION_KEYS)[number];

/** IAM's condition operators that fit these keys. */
export const CONDITION_OPERATORS = [
  "StringEquals",
  "StringNotEquals",
  "StringEqualsIgnoreCase",
  "StringLike",
  "StringNotLike",
] as const;

export type ConditionOperator = (typeof CONDITION_OPERATORS)[number];

/** It holds when one of its values fits; one with `Not`, when none does. */
export interface Condition {
  readonly operator: ConditionOperator;
  readonly key: ConditionKey;
  readonly values: readonly string[];
}

/** A statement of a policy, in IAM's shape. */
export interface Statement {
  readonly effect: "Allow" | "Deny";
  /** Such as `events:PutEvents`, with `*` and `?`; upper and lower case are the same, as in IAM. */
  readonly actions: readonly string[];
  /** ARNs, with `*` and `?`; upper and lower case differ. */
  readonly resources: readonly string[];
  /** All of them must hold. */
  readonly conditions: readonly Condition[];
}

/** Somebody who calls, by whatever credential. */
export interface Principal {
  /**
   * Identifies the principal everywhere: in rates, shares, logs and errors. It has the kind of credential, or the issuer,
   * before the name, since an issuer could give a token to somebody who is named as an access key is.
   */
  readonly id: string;
  readonly statements: readonly Statement[];
  /** Requests a second that one router takes of it, where it has a limit of its own. */
  readonly requestsPerSecond?: number;
}

/** What a principal wants to do. A resource of `*` is none in particular. */
export interface AccessRequest {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<ConditionKey, string>>;
}

/** `denied` by a statement that says so, `not-allowed` by none that allows it. */
export type Decision = "allowed" | "denied" | "not-allowed";

/** Identifies who holds an access key: `access-key/checkout`. Keys of one name are one principal. */
export function accessKeyPrincipal(name: string): string {
  return `access-key/${name}`;
}

/** Identifies who holds a listed bearer token: `bearer-token/operators`. */
export function bearerTokenPrincipal(name: string): string {
  return `bearer-token/${name}`;
}

/** Identifies the subject of an issuer's token: `issuer/people/alice`. The configured name has no slash, the subject may. */
export function issuedPrincipal(issuerName: string, subject: string): string {
  return `issuer/${issuerName}/${subject}`;
}

/** Everybody, where no credentials are asked for. */
export const ANYONE: Principal = {
  id: "anyone",
  statements: [{ effect: "Allow", actions: ["*"], resources: ["*"], conditions: [] }],
};

/** Decides as IAM does: what nothing allows is not allowed, and a `Deny` comes before any `Allow`. */
export function decideAccess({ statements }: Principal, request: AccessRequest): Decision {
  const fitting = statements.filter((statement) => concerns(statement, request) && conditionsHold(statement, request));
  if (fitting.some(({ effect }) => effect === "Deny")) return "denied";
  return fitting.length > 0 ? "allowed" : "not-allowed";
}

/** Whether there is anything that the principal may do this to, so that what it asks for is worth a look. */
export function mayEver({ statements }: Principal, action: string): boolean {
  return statements.some(({ effect, actions }) => effect === "Allow" && fitsAction(actions, action));
}

/**
 * Whether it is only the conditions that stand between the principal and what it asks for: it may do the same with
 * another source or detail type.
 */
export function isForConditionsOnly({ statements }: Principal, request: AccessRequest): boolean {
  const concerned = statements.filter((statement) => concerns(statement, request));
  const deniedAnyway = concerned.some(({ effect, conditions }) => effect === "Deny" && conditions.length === 0);
  return !deniedAnyway && concerned.some(({ effect }) => effect === "Allow");
}

/** Whether one of the patterns fits an action. */
export function fitsAction(patterns: readonly string[], action: string): boolean {
  return patterns.some((pattern) => fitsGlob(pattern.toLowerCase(), action.toLowerCase()));
}

function concerns({ actions, resources }: Statement, { action, resource }: AccessRequest): boolean {
  return fitsAction(actions, action) && resources.some((pattern) => fitsArn(pattern, resource));
}

/** A key that the request does not have fits no value, as in IAM: only what is negated holds without it. */
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
