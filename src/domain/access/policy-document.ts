import type { Json, JsonObject } from "../../json/json.ts";
import { isJsonObject, parseJson } from "../../json/json.ts";
import { accountArn } from "./bus-policy.ts";
import type { BusPolicy, BusStatement } from "./bus-policy.ts";

/** As long as AWS lets the policy of a bus be. */
export const POLICY_CHARACTERS_MAX = 10_240;

const VERSIONS = ["2012-10-17", "2008-10-17"] as const;

/** The members of a statement, in AWS's order, and what a configuration file calls them. */
const MEMBERS: Readonly<Record<string, string>> = {
  Sid: "sid",
  Effect: "effect",
  Principal: "principal",
  Action: "action",
  Resource: "resource",
  Condition: "condition",
};

/** A policy as a configuration file has it, before it is checked. */
export type WrittenPolicy =
  { readonly ok: true; readonly statements: readonly object[] } | { readonly ok: false; readonly reason: string };

/** Reads a policy document, JSON text in IAM's form, as a configuration file would have it. */
export function readPolicyDocument(text: string): WrittenPolicy {
  const document = parseJson(text);
  if (!isJsonObject(document)) return { ok: false, reason: "This policy contains invalid Json" };
  const { Version = "2008-10-17", Statement = null } = document;
  if (!VERSIONS.some((version) => version === Version)) return wrong(`Version must be one of ${VERSIONS.join(", ")}`);
  const statements: readonly Json[] = Array.isArray(Statement) ? Statement : [Statement];
  const written: object[] = [];
  for (const [at, statement] of statements.entries()) {
    const read = isJsonObject(statement) ? readStatement(statement) : "is no JSON object";
    if (typeof read === "string") return wrong(`statement ${at + 1} ${read}`);
    written.push(read);
  }
  return { ok: true, statements: written };
}

/** The statements of a document as they were given; none where it cannot be read. */
export function statementsOf(document: string | undefined): readonly JsonObject[] {
  const parsed = document === undefined ? undefined : parseJson(document);
  const statements = isJsonObject(parsed) ? (parsed["Statement"] ?? []) : [];
  return (Array.isArray(statements) ? statements : [statements]).filter(isJsonObject);
}

/** A policy as a document in IAM's form: compact JSON text. */
export function policyDocument({ statements }: BusPolicy, busArn: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map((statement) => documentStatement(statement, busArn)),
  });
}

/** The principal of a statement as a document has it. An account is written by its ARN, as AWS does. */
export function documentPrincipal(principals: readonly string[]): Json {
  if (principals.includes("*")) return "*";
  const [services, others] = [principals.filter(isService), principals.filter((one) => !isService(one))];
  return {
    ...(others.length === 0 ? {} : { AWS: oneOrAll(others.map((one) => (isAccount(one) ? accountArn(one) : one))) }),
    ...(services.length === 0 ? {} : { Service: oneOrAll(services) }),
  };
}

function wrong(reason: string): WrittenPolicy {
  return { ok: false, reason: `This policy is not valid: ${reason}` };
}

/** @returns what is wrong with it, in words that follow its name, or the statement. */
function readStatement(statement: JsonObject): JsonObject | string {
  const unknown = Object.keys(statement).find((member) => !Object.hasOwn(MEMBERS, member));
  if (unknown !== undefined) return `has ${unknown}, which is not supported`;
  const missing = ["Effect", "Principal", "Action", "Resource"].find((member) => !Object.hasOwn(statement, member));
  if (missing !== undefined) return `has no ${missing}`;
  const principal = readPrincipal(statement["Principal"] ?? null);
  if (principal === undefined) return 'has a Principal that is neither "*" nor an object with AWS or Service';
  const members = Object.entries({ ...statement, Principal: principal });
  return Object.fromEntries(members.map(([member, value]) => [MEMBERS[member] ?? member, value]));
}

function readPrincipal(principal: Json): Json | undefined {
  if (principal === "*") return "*";
  if (!isJsonObject(principal)) return undefined;
  const kinds = Object.keys(principal);
  if (kinds.length === 0 || kinds.some((kind) => kind !== "AWS" && kind !== "Service")) return undefined;
  return Object.values(principal).flatMap((one) => one);
}

function documentStatement({ sid, effect, principals, ...rest }: BusStatement, busArn: string): JsonObject {
  const condition: Record<string, Record<string, Json>> = {};
  for (const { operator, key, values } of rest.conditions) {
    condition[operator] = { ...condition[operator], [key]: oneOrAll(values) };
  }
  return {
    ...(sid === undefined ? {} : { Sid: sid }),
    Effect: effect,
    Principal: documentPrincipal(principals),
    Action: oneOrAll(rest.actions),
    Resource: rest.resources.includes("*") ? busArn : oneOrAll(rest.resources),
    ...(rest.conditions.length === 0 ? {} : { Condition: condition }),
  };
}

function oneOrAll(texts: readonly string[]): Json {
  const [first, ...others] = texts;
  return first !== undefined && others.length === 0 ? first : [...texts];
}

function isAccount(principal: string): boolean {
  return /^\d{12}$/.test(principal);
}

function isService(principal: string): boolean {
  return principal.endsWith(".amazonaws.com");
}
