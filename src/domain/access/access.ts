import { fitsArn } from "../arn.ts";
import { fitsGlob } from "../../text/glob.ts";

/** The properties of an entry that conditions test, by IAM's names. */
export const CONDITION_KEYS = ["events:source", "events:detail-type"] as const;

/** What the conditions of a bus's policy test besides: who puts the entry. */
export const PRINCIPAL_CONDITION_KEYS = ["aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalOrgID"] as const;

export type ConditionKey = (typeof CONDITION_KEYS)[number] | (typeof PRINCIPAL_CONDITION_KEYS)[number];

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
  /** Its name, for people. */
  readonly sid?: string;
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
  /** The account that it belongs to, for the policies of buses; the router's when left out. */
  readonly account?: string;
  /** Its own limit of requests a second, for one router. */
  readonly requestsPerSecond?: number;
}

/** An action that a principal asks for. The resource `*` is nothing in particular. */
export interface AccessRequest {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Partial<Record<ConditionKey, string>>>;
}

/** `denied`: a `Deny` statement applies. `not-allowed`: no statement applies. */
export type Decision = "allowed" | "denied" | "not-allowed";

/** A decision, and the statement that made it; undefined where none applies. */
export interface Decided {
  readonly decision: Decision;
  readonly by: Statement | undefined;
}

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

/** Decides as IAM does: an action needs an `Allow`, and any `Deny` overrides it. The first statement that decides is named. */
export function decide({ statements }: Principal, request: AccessRequest): Decided {
  const fitting = statements.filter((statement) => applies(statement, request));
  const denial = fitting.find(({ effect }) => effect === "Deny");
  if (denial !== undefined) return { decision: "denied", by: denial };
  return { decision: fitting.length > 0 ? "allowed" : "not-allowed", by: fitting[0] };
}

/** The decision alone. */
export function decideAccess(principal: Principal, request: AccessRequest): Decision {
  return decide(principal, request).decision;
}

/** How the audit and explanations name a statement of a principal: by its `sid`, else by its place, `statement 2`. */
export function statementName({ statements }: Principal, statement: Statement): string {
  return statement.sid ?? `statement ${statements.indexOf(statement) + 1}`;
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

function applies(statement: Statement, request: AccessRequest): boolean {
  return concerns(statement, request) && conditionsHold(statement, request);
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

/** On what a principal may do something: on ARNs that fit one of `on`, and none of `except`. */
export interface Permission {
  readonly action: string;
  /** Patterns of ARNs, as statements have them. */
  readonly on: readonly string[];
  readonly except: readonly string[];
  /** Whether it depends on the source or detail type too. */
  readonly isConditional: boolean;
}

/** What a principal may do of these actions. An action that it may do to nothing is not among them. */
export function permissionsOf(principal: Principal, actions: readonly string[]): readonly Permission[] {
  return actions.flatMap((action) => {
    const about = principal.statements.filter((statement) => fitsAction(statement.actions, action));
    // Without a source and a detail type, a condition says nothing about a put, and its outcome about everything else.
    const isPut = action === "events:PutEvents";
    const holding = about.filter((statement) => (isPut ? true : conditionsHold(statement, { action, resource: "*" })));
    const isConditional = isPut && holding.some(({ conditions }) => conditions.length > 0);
    const on = holding.flatMap(({ effect, resources }) => (effect === "Allow" ? resources : []));
    const except = holding.flatMap(({ effect, resources, conditions }) =>
      effect === "Deny" && !(isPut && conditions.length > 0) ? resources : [],
    );
    if (on.length === 0 || except.includes("*")) return [];
    return [{ action, on: [...new Set(on)], except: [...new Set(except)], isConditional }];
  });
}

/** Whether one of the permissions is for an action on a resource; without a resource, on any. */
export function isPermitted(permissions: readonly Permission[], action: string, resource?: string): boolean {
  return permissions.some(
    (one) =>
      one.action === action &&
      (resource === undefined ||
        (one.on.some((pattern) => fitsArn(pattern, resource)) &&
          !one.except.some((pattern) => fitsArn(pattern, resource)))),
  );
}
