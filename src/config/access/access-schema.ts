import { z } from "zod";
import type { Statement } from "../../domain/access/access.ts";
import { CONDITION_KEYS } from "../../domain/access/access.ts";
import { isKnownAction } from "../../domain/access/actions.ts";
import { isLine } from "../../text/line.ts";
import { nearest } from "../../text/nearest.ts";
import { addIssue, ALWAYS, httpUrl, boundedText, wholeNumber } from "../kinds/parts/fields.ts";
import { oneOrMore, statementCondition, statementResource, STATEMENTS_MAX } from "./statement-fields.ts";

/** The maps that an access file may have at its top, and what one entry of each is called in messages. */
export const ACCESS_SECTIONS = {
  accessKeys: "access key",
  bearerTokens: "bearer token",
  issuers: "issuer",
  policies: "policy",
} as const;

export type AccessSection = keyof typeof ACCESS_SECTIONS;

/** The properties that may refer to secrets, by section, behind an entry's name. */
export const ACCESS_SECRETS = { accessKeys: ["secret"], bearerTokens: ["tokens.*"] } as const;

const SECRET_LENGTH_MIN = 16;
const NAME_CHARACTERS_MAX = 256;

/** A credential, long enough not to be guessed. */
const secret = z
  .string()
  .min(SECRET_LENGTH_MIN, { error: `must have at least ${SECRET_LENGTH_MIN} characters` })
  .max(1_024);

function actionOf(actions: readonly string[]) {
  return z.string().superRefine((value, issues) => {
    if (isKnownAction(value, actions)) return;
    addIssue(issues, "fits no action that there is", { suggestion: nearest(value, new Set(actions)) });
  });
}

function statementsOf(actions: readonly string[]) {
  const statement = z
    .strictObject({
      sid: boundedText("Its name, for people.").exactOptional(),
      effect: z.enum(["Allow", "Deny"]),
      action: oneOrMore(actionOf(actions)),
      resource: oneOrMore(statementResource),
      condition: statementCondition(CONDITION_KEYS).exactOptional(),
    })
    .transform(({ sid, effect, action, resource, condition = [] }): Statement => {
      const named = sid === undefined ? {} : { sid };
      return { ...named, effect, actions: action, resources: resource, conditions: condition };
    });
  return z.array(statement).min(1).max(STATEMENTS_MAX);
}

const account = z
  .string()
  .regex(/^\d{12}$/, { error: "must be 12 digits" })
  .describe("The account that it belongs to, for the policies of event buses.");

const requestsPerSecond = wholeNumber(1, 1_000_000, "Requests a second that each router takes.");

/** What somebody may do: statements of its own, and those of named policies. */
function permissions(statements: ReturnType<typeof statementsOf>, policies: ReadonlySet<string>) {
  const policy = z.string().superRefine((value, issues) => {
    if (policies.has(value)) return;
    addIssue(issues, "must name a policy of this file", { suggestion: nearest(value, policies) });
  });
  return { statements: statements.default([]), policies: z.array(policy).max(STATEMENTS_MAX).default([]) };
}

/** Without a statement a credential would be good for nothing. */
function checkPermissions(value: object, issues: Parameters<typeof addIssue>[0]): void {
  const lists = Object.entries(value).filter(([name]) => name === "statements" || name === "policies");
  // What is there and no list has a problem of its own.
  if (lists.every(([, list]) => Array.isArray(list) && list.length === 0)) {
    addIssue(issues, "must have statements or policies");
  }
}

/**
 * The schemas of an access file's entries.
 *
 * @param policies the names of the file's policies.
 * @param actions every action that a statement may name.
 */
export function accessSchemas(policies: ReadonlySet<string>, actions: readonly string[]) {
  const statements = statementsOf(actions);
  const may = permissions(statements, policies);
  const grant = z
    .strictObject({ claim: z.string().min(1).max(256), values: oneOrMore(z.string().max(1_024)), ...may })
    .superRefine(checkPermissions, ALWAYS);
  return {
    policies: z.strictObject({ statements }),
    accessKeys: z
      .strictObject({
        name: z
          .string()
          .min(1)
          .refine((value) => isLine(value, NAME_CHARACTERS_MAX), {
            error: `must be a text on one line, of at most ${NAME_CHARACTERS_MAX} characters`,
          })
          .exactOptional(),
        secret,
        account: account.exactOptional(),
        requestsPerSecond: requestsPerSecond.exactOptional(),
        ...may,
      })
      .superRefine(checkPermissions, ALWAYS),
    bearerTokens: z
      .strictObject({
        tokens: z.array(secret).min(1).max(10),
        account: account.exactOptional(),
        requestsPerSecond: requestsPerSecond.exactOptional(),
        ...may,
      })
      .superRefine(checkPermissions, ALWAYS),
    issuers: z.strictObject({
      issuer: httpUrl("Its `iss`."),
      audience: oneOrMore(z.string().min(1).max(1_024)),
      jwksUrl: httpUrl("Where its keys are.").exactOptional(),
      clockToleranceSeconds: wholeNumber(0, 300, "How far its clock may be off.").default(60),
      nameClaim: z.string().min(1).max(256).default("sub"),
      account: account.exactOptional(),
      requestsPerSecond: requestsPerSecond.exactOptional(),
      grants: z.array(grant).min(1).max(STATEMENTS_MAX),
    }),
  };
}

export type AccessShapes = {
  [Section in AccessSection]: z.output<ReturnType<typeof accessSchemas>[Section]>;
};
