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
}

const INVOKE = "execute-api:Invoke";

/** Undefined for what is no answer of an authorizer. */
export function readAuthorizerAnswer(responseJson: string | undefined): AuthorizerAnswer | undefined {
  const answer = responseJson === undefined ? undefined : parseJson(responseJson);
  if (answer === undefined || !isJsonObject(answer)) return undefined;
  const { isAuthorized, principalId, policyDocument, context } = answer;
  const told = {
    principalId: typeof principalId === "string" ? principalId : undefined,
    context: context !== undefined && isJsonObject(context) ? context : {},
  };
  if (typeof isAuthorized === "boolean") return { allows: () => isAuthorized, ...told };
  if (policyDocument === undefined || !isJsonObject(policyDocument)) return undefined;
  const statements = listOf(policyDocument["Statement"]).filter(isJsonObject);
  return {
    allows: (routeArn) => {
      const fitting = statements.filter((statement) => fits(statement, routeArn)).map(({ Effect }) => Effect);
      return fitting.includes("Allow") && !fitting.includes("Deny");
    },
    ...told,
  };
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
