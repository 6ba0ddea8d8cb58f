import { z } from "zod";
import type { Authorizer, IdentitySource } from "../../../../domain/http-route/http-route.ts";
import { isLoopback } from "../../../../text/loopback.ts";
import { toFunctionRef } from "../../target/target-ref.ts";
import type { Context } from "../../kind/context.ts";
import { addIssue, ALWAYS, boundedText, checkExactlyOneOf, httpUrl, nameOf, oneOf, wholeNumber } from "../fields.ts";

const KINDS = ["iam", "jwt", "function"] as const;
const SOURCE = /^\$request\.(header|querystring)\.([A-Za-z0-9_.~-]{1,128})$/;
const AUTHORIZATION = "$request.header.Authorization";

/** Keys that came in the clear would let anybody in who can change what passes. */
function issuerUrl(about: string) {
  return httpUrl(about).superRefine((value, issues) => {
    if (!URL.canParse(value)) return;
    const { protocol, hostname } = new URL(value);
    if (protocol !== "https:" && !isLoopback(hostname)) addIssue(issues, "must be https beyond loopback");
  });
}

const identitySource = z
  .string()
  .regex(SOURCE, { error: "must be $request.header.NAME or $request.querystring.NAME" })
  .describe("Where the request has it.");

const texts = (about: string) => z.array(boundedText(about).min(1)).max(50);

const iam = z
  .strictObject({})
  .describe("Whoever signs with an access key of this router, and may lambda:InvokeFunctionUrl on the function.");

const jwt = z
  .strictObject({
    issuer: issuerUrl("The iss of its tokens."),
    jwksUrl: issuerUrl("Its keys. Left out, they are found by OpenID Connect Discovery.").exactOptional(),
    audience: texts("An aud of tokens for this route, or a client_id.").min(1).describe("Whom its tokens are for."),
    scopes: texts("A scope.").default([]).describe("A token needs one of them. Empty, it needs none."),
    identitySource: identitySource.default(AUTHORIZATION),
  })
  .describe("Whoever has a JSON Web Token of an issuer.");

/** Who may call a route, with API Gateway's property names where it has one. */
export function authorizerSchema(context: Context) {
  const asked = z
    .strictObject({
      name: nameOf(context, "function", "The function that is asked, with a payload 2.0 of type REQUEST."),
      identitySources: z
        .array(identitySource)
        .max(10)
        .default([])
        .describe("A request without one of them is refused, and the function not asked."),
      ttlSeconds: wholeNumber(
        0,
        3_600,
        "How long its answer counts for the same values of identitySources. With 0 it is asked each time.",
      ).default(0),
    })
    .superRefine(({ ttlSeconds, identitySources }, issues) => {
      if (ttlSeconds > 0 && identitySources.length === 0)
        addIssue(issues, "needs identitySources: its answers are kept by their values", { path: ["ttlSeconds"] });
    })
    .describe("Whoever a function lets in.");
  return z
    .strictObject({ iam: iam.exactOptional(), jwt: jwt.exactOptional(), function: asked.exactOptional() })
    .superRefine((value, issues) => checkExactlyOneOf(KINDS, value, issues), ALWAYS)
    .meta({ description: "Who may call it. Left out, everybody who reaches the port.", ...oneOf(KINDS) });
}

export function toAuthorizer(shape: z.output<ReturnType<typeof authorizerSchema>> | undefined): Authorizer {
  if (shape?.jwt !== undefined)
    return { kind: "jwt", ...shape.jwt, identitySource: readSource(shape.jwt.identitySource) };
  if (shape?.function !== undefined) {
    const { name, identitySources, ttlSeconds } = shape.function;
    const to = toFunctionRef(name);
    return {
      kind: "function",
      functionName: to.name,
      ...(to.qualifier === undefined ? {} : { qualifier: to.qualifier }),
      identitySources: identitySources.map(readSource),
      ttlSeconds,
    };
  }
  return shape?.iam === undefined ? { kind: "none" } : { kind: "iam" };
}

function readSource(text: string): IdentitySource {
  const [, place, name = ""] = SOURCE.exec(text) ?? [];
  return place === "header" ? { place, name: name.toLowerCase() } : { place: "querystring", name };
}
