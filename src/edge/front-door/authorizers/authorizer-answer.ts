import type { Json, JsonObject } from "../../../json/json.ts";
import { isJsonObject, parseJson } from "../../../json/json.ts";
import { fitsGlob } from "../../../text/glob.ts";

/** What an authorizer function answered: yes or no, or what its caller may do by an IAM policy. */
export interface AuthorizerAnswer {
  /** @param routeArn what the request is for. */
  readonly allows: (routeArn: string) => boolean;
  readonly principalId: string | undefined;
  /** What the function behind is told. */
  readonly context: JsonObject;
  /** The length of the whole answer. */
  readonly characters: number;
}

const INVOKE = "execute-api:Invoke";
/** A statement with another member, such as `Condition`, is not understood: a policy read without it could let in whom it keeps out. */
const STATEMENT_MEMBERS = new Set(["Sid", "Effect", "Action", "Resource"]);

/** Undefined for what is no answer of an authorizer, and for a policy with a statement that cannot be decided here. */
export function readAuthorizerAnswer(responseJson: string | undefined): AuthorizerAnswer | undefined {
  if (responseJson === undefined) return undefined;
  const answer = parseJson(responseJson);
  if (answer === undefined || !isJsonObject(answer)) return undefined;
  const { isAuthorized, principalId, policyDocument, context } = answer;
  const told = {
    principalId: typeof principalId === "string" ? principalId : undefined,
    context: context !== undefined && isJsonObject(context) ? context : {},
    characters: responseJson.length,
  };
  if (typeof isAuthorized === "boolean") return { allows: () => isAuthorized, ...told };
  if (policyDocument === undefined || !isJsonObject(policyDocument)) return undefined;
  const statements = listOf(policyDocument["Statement"]);
  if (!statements.every(isStatement)) return undefined;
  return {
    allows: (routeArn) => {
      const fitting = statements.filter((statement) => fits(statement, routeArn)).map(({ Effect }) => Effect);
      return fitting.includes("Allow") && !fitting.includes("Deny");
    },
    ...told,
  };
}

function isStatement(statement: Json): statement is JsonObject {
  if (!isJsonObject(statement)) return false;
  const { Effect, Action, Resource } = statement;
  if (Effect !== "Allow" && Effect !== "Deny") return false;
  return (
    Action !== undefined &&
    Resource !== undefined &&
    Object.keys(statement).every((name) => STATEMENT_MEMBERS.has(name))
  );
}

function fits({ Action, Resource }: JsonObject, routeArn: string): boolean {
  const names = (value: Json | undefined) => listOf(value).filter((one): one is string => typeof one === "string");
  const isItsAction = names(Action).some((one) => fitsGlob(one.toLowerCase(), INVOKE.toLowerCase()));
  return isItsAction && names(Resource).some((one) => fitsGlob(one, routeArn));
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}
