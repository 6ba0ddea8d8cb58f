import { z } from "zod";
import type { ConnectionAuth } from "../../../domain/target/function.ts";
import { ALWAYS, checkExactlyOneOf, httpUrl, oneOf } from "./fields.ts";
import {
  connectionHttpParameters,
  headerName,
  headerParameters,
  headerLine,
  namedTexts,
} from "../target/http-parameters.ts";

const AUTHORIZATIONS = ["apiKey", "basic", "bearer", "oauth"] as const;

const oauth = z
  .strictObject({
    tokenUrl: httpUrl("Where access tokens are to be had."),
    method: z.enum(["POST", "GET", "PUT"]).default("POST").describe("The HTTP method of the request for a token."),
    clientId: z.string().min(1).max(2_048).describe("The client's id."),
    clientSecret: z.string().min(1).max(4_096).describe("Its secret, best as ${file:/path} or ${env:NAME}."),
    clientAuthentication: z
      .enum(["basic", "body"])
      .default("basic")
      .describe("How the id and the secret are sent: as HTTP basic authentication, or among the parameters."),
    scope: z.string().min(1).max(2_048).exactOptional().describe("The scopes to ask for, with blanks between them."),
    parameters: z
      .record(z.string().min(1).max(512), z.string().max(4_096))
      .default({})
      .describe("Sent as well, for servers that want more, such as an audience."),
    headerParameters: headerParameters("Headers of the request for a token."),
    queryStringParameters: namedTexts("Query parameters of the request for a token."),
  })
  .describe("OAuth 2.0 client credentials: tokens are got when needed, kept and renewed.");

/** How the calls of an API destination are authorized, and what is added to each. */
export const connection = z
  .strictObject({
    apiKey: z
      .strictObject({
        header: headerName("The header that carries the key."),
        value: headerLine("The key, best as ${file:/path} or ${env:NAME}."),
      })
      .exactOptional()
      .describe("A key in a header of its own."),
    basic: z
      .strictObject({
        username: z
          .string()
          .regex(/^[^:]*$/, { error: "must not hold a colon" })
          .describe("The user's name."),
        password: z.string().describe("The password, best as ${file:/path} or ${env:NAME}."),
      })
      .exactOptional()
      .describe("HTTP basic authentication."),
    bearer: z
      .strictObject({ token: headerLine("The token, best as ${file:/path} or ${env:NAME}.") })
      .exactOptional()
      .describe("A bearer token in the Authorization header."),
    oauth: oauth.exactOptional(),
    invocationHttpParameters: connectionHttpParameters.exactOptional(),
  })
  .superRefine((value, issues) => checkExactlyOneOf(AUTHORIZATIONS, value, issues), ALWAYS)
  .meta({ description: "How the calls are authorized.", ...oneOf(AUTHORIZATIONS) });

/** The properties of a connection that may refer to secrets. */
export const CONNECTION_SECRETS = [
  "apiKey.value",
  "basic.username",
  "basic.password",
  "bearer.token",
  "oauth.clientId",
  "oauth.clientSecret",
  "oauth.parameters.*",
  "oauth.headerParameters.*",
  "oauth.queryStringParameters.*",
  "invocationHttpParameters.headerParameters.*",
  "invocationHttpParameters.queryStringParameters.*",
  "invocationHttpParameters.bodyParameters.*",
] as const;

/** What a checked connection means for the authorization of calls. */
export function toAuth({ apiKey, basic, bearer, oauth }: Partial<z.output<typeof connection>>): ConnectionAuth {
  if (apiKey !== undefined) return { kind: "apiKey", ...apiKey };
  if (basic !== undefined) return { kind: "basic", ...basic };
  if (bearer !== undefined) return { kind: "bearer", ...bearer };
  if (oauth !== undefined) {
    const { headerParameters: headers, queryStringParameters: query, ...rest } = oauth;
    return { kind: "oauth", ...rest, headers, query };
  }
  return { kind: "none" };
}
