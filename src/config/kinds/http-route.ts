import { z } from "zod";
import type { HttpRoute } from "../../domain/http-route/http-route.ts";
import { FUNCTION_PATH_PREFIX, PAYLOAD_FORMATS } from "../../domain/http-route/http-route.ts";
import { readRouteKey } from "../../domain/http-route/route-table.ts";
import type { Context } from "./kind/context.ts";
import { defineKind, NAME } from "./kind/kind.ts";
import { authorizerSchema, toAuthorizer } from "./parts/http/authorizer.ts";
import { corsSchema, toCors } from "./parts/http/cors.ts";
import { toFunctionRef } from "./target/target-ref.ts";
import { addIssue, boundedText, description, nameOf, wholeNumber } from "./parts/fields.ts";

const routeKey = boundedText("Method and path, as GET /orders/{id}, ANY /{proxy+} or $default.").superRefine(
  (value, issues) => {
    if (readRouteKey(value) === undefined) {
      const how = "{name} for one step and {proxy+} for all that follow, at the end";
      addIssue(issues, `must be a method and a path as GET /orders/{id}, with ${how}; or $default`);
    } else if (value.includes(` ${FUNCTION_PATH_PREFIX}`)) {
      addIssue(issues, `must not begin with ${FUNCTION_PATH_PREFIX}: function URLs are there`);
    }
  },
);

/** A route, with API Gateway's words. */
function schema(context: Context) {
  return z
    .strictObject({
      description: description.exactOptional(),
      route: routeKey,
      host: z
        .string()
        .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, {
          error: "must be a host's name in lowercase letters, without a port",
        })
        .describe("The host that requests must name. Left out, any.")
        .exactOptional(),
      function: nameOf(context, "function", "The function that is called."),
      payload: z
        .enum(PAYLOAD_FORMATS)
        .default("2.0")
        .describe("What it is given, and how its answers are read: as API Gateway's HTTP and REST APIs, or ALB."),
      cors: corsSchema.exactOptional(),
      authorizer: authorizerSchema(context).exactOptional(),
      timeoutSeconds: wholeNumber(
        1,
        900,
        "How long a caller waits at most. Left out, as long as the function's time-out.",
      ).exactOptional(),
    })
    .describe("A way from an HTTP request to a function.");
}

type Shape = z.output<ReturnType<typeof schema>>;

function toRoute(name: string, shape: Shape): HttpRoute {
  const { description: about, host, timeoutSeconds } = shape;
  const to = toFunctionRef(shape.function);
  return {
    name,
    key: shape.route,
    functionName: to.name,
    ...(to.qualifier === undefined ? {} : { qualifier: to.qualifier }),
    payload: shape.payload,
    authorizer: toAuthorizer(shape.authorizer),
    ...toCors(shape.cors),
    ...(about === undefined ? {} : { description: about }),
    ...(host === undefined ? {} : { host }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
}

/** `httpRoutes` */
export const httpRoutes = defineKind({
  noun: "HTTP route",
  about: "HTTP routes, by name: which requests call which function.",
  names: NAME,
  schema,
  make: toRoute,
  secrets: [],
});
