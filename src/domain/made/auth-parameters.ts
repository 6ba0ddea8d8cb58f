import type { Json, JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import type { MadeConnection } from "./connection.ts";

/** The members of `AuthParameters` that are secrets, wherever they stand. */
const SECRET_MEMBERS: ReadonlySet<string> = new Set(["Password", "ApiKeyValue", "ClientSecret"]);

/** The member of `AuthParameters` that each type of authorization has. */
export const MEMBER_OF_TYPE: Readonly<Record<MadeConnection["authorizationType"], string>> = {
  BASIC: "BasicAuthParameters",
  API_KEY: "ApiKeyAuthParameters",
  OAUTH_CLIENT_CREDENTIALS: "OAuthParameters",
};

/** `AuthParameters` as the API shows them: without secrets, and without the values that their `IsValueSecret` hides. */
export function shownAuthParameters(given: JsonObject): JsonObject {
  return withSecrets(given, () => undefined);
}

/** The same with something else in the place of each secret, by the way to it; undefined leaves it out. */
export function withSecrets(
  value: JsonObject,
  replace: (way: readonly string[]) => string | undefined,
  way: readonly string[] = [],
): JsonObject {
  const members = Object.entries(value).flatMap(([name, member]): [string, Json][] => {
    const isSecret = SECRET_MEMBERS.has(name) || (name === "Value" && value["IsValueSecret"] === true);
    if (!isSecret) return [[name, withSecretsIn(member, replace, [...way, name])]];
    const { Key: key = name } = value;
    const text = replace([...way, typeof key === "string" ? key : name]);
    return text === undefined ? [] : [[name, text]];
  });
  return Object.fromEntries(members);
}

function withSecretsIn(value: Json, replace: Parameters<typeof withSecrets>[1], way: readonly string[]): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => withSecretsIn(item, replace, way));
  return isJsonObject(value) ? withSecrets(value, replace, way) : value;
}

/** What an update leaves of the parameters before: members that it does not give stay, but those of another type. */
export function mergedAuthParameters(
  before: JsonObject,
  given: JsonObject,
  type: MadeConnection["authorizationType"],
): JsonObject {
  const own = MEMBER_OF_TYPE[type];
  const block = { ...objectAt(before, own), ...objectAt(given, own) };
  const client = { ...objectAt(objectAt(before, own), CLIENT), ...objectAt(objectAt(given, own), CLIENT) };
  const invocation = given[INVOCATION] ?? before[INVOCATION];
  return {
    [own]: type === "OAUTH_CLIENT_CREDENTIALS" ? { ...block, [CLIENT]: client } : block,
    ...(invocation === undefined ? {} : { [INVOCATION]: invocation }),
  };
}

const INVOCATION = "InvocationHttpParameters";
const CLIENT = "ClientParameters";

function objectAt(value: JsonObject, member: string): JsonObject {
  const found = value[member] ?? null;
  return isJsonObject(found) ? found : {};
}
