import type { IncomingMessage } from "node:http";
import type { Json, JsonObject } from "../../../json/json.ts";
import { answerJson } from "../../http/answer.ts";
import { pathOf, queryOf } from "../../http/auth/signed-request.ts";
import type { AwsErrorAnswer } from "../errors.ts";
import { commonError } from "../errors.ts";
import { readJsonBody } from "./json-body.ts";
import type { Protocol } from "./protocol.ts";

/** Where an operation is, and which members of its input do not come in the body. */
export interface RestRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /**
   * `/things/{Name}`: the member in braces is the rest of the path. In `/things/{Name}/parts` it is one step of it. A path
   * that does not end with a member may end with a slash.
   */
  readonly path: string;
  /** Of a success; 204 has no body. Default: 200. */
  readonly status?: 200 | 202 | 204;
  /** Members in the query, by the parameter's name. */
  readonly query?: Readonly<Record<string, QueryMember>>;
  /** Members in headers, by the header's name in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Set where the body is bytes, which the operation is given beside its input. */
  readonly hasPayload?: true;
}

export interface QueryMember {
  readonly member: string;
  readonly type?: "integer" | "list";
}

interface Route extends RestRoute {
  readonly operation: string;
  /** What the path begins with, the member behind that, and what follows it; undefined for a path without a member. */
  readonly before: string;
  readonly member: string | undefined;
  readonly after: string;
}

/**
 * AWS's REST with JSON bodies: method and path name the operation (Smithy, "AWS restJson1 protocol").
 *
 * @param errorBody the body of an error.
 */
export function restJsonProtocol(
  routes: Readonly<Record<string, RestRoute>>,
  errorBody: (error: AwsErrorAnswer) => JsonObject = ({ message }) => ({ Message: message }),
): Protocol {
  const all = Object.entries(routes).map(([operation, route]): Route => {
    const [before = "", member, after = ""] = route.path.split(/[{}]/);
    return { operation, ...route, before, member, after };
  });
  const routeOf = ({ method, url = "" }: Pick<IncomingMessage, "method" | "url">): Route | undefined =>
    all.find((route) => route.method === method && isAt(route, pathOf(url)));
  return {
    serves: ({ url = "" }) => all.some((route) => isAt(route, pathOf(url))),
    operationName: (request) => routeOf(request)?.operation,
    checkHeaders: (request) => {
      if (routeOf(request) === undefined) throw commonError("UnknownOperationException", "There is no such operation.");
    },
    readInput: (body, request) => {
      const route = routeOf(request);
      const given = body.length === 0 || route?.hasPayload === true ? {} : readJsonBody(body);
      if (route === undefined) return given;
      return {
        ...given,
        ...headerMembers(route, request),
        ...queryMembers(route, request),
        ...pathMember(route, request),
      };
    },
    answer: ({ request, response, requestId }, output) => {
      const { status = 200 } = routeOf(request) ?? {};
      if (status === 204) response.writeHead(204, { "x-amzn-RequestId": requestId }).end();
      else answerJson(response, status, output, headersOf(requestId));
    },
    answerError: ({ response, requestId }, error) =>
      answerJson(response, error.status, errorBody(error), {
        ...headersOf(requestId),
        "x-amzn-errortype": error.code,
        ...(error.retryAfterSeconds === undefined ? {} : { "retry-after": String(error.retryAfterSeconds) }),
      }),
  };
}

function headersOf(requestId: string): Record<string, string> {
  return { "content-type": "application/json", "x-amzn-RequestId": requestId };
}

function isAt(route: Route, path: string): boolean {
  if (route.member === undefined) return path === route.before || path === `${route.before}/`;
  return memberIn(route, path) !== undefined;
}

/** The member as the path has it; undefined where the path is another. */
function memberIn({ before, after }: Route, path: string): string | undefined {
  if (!path.startsWith(before)) return undefined;
  const rest = path.slice(before.length);
  if (after === "") return rest === "" ? undefined : rest;
  const [member = "", ...steps] = rest.split("/");
  const isThere = steps.join("/") === after.slice(1) || steps.join("/") === `${after.slice(1)}/`;
  return isThere && member !== "" ? member : undefined;
}

/** It is decoded once: an ARN in a path has its slashes encoded. */
function pathMember(route: Route, { url = "" }: IncomingMessage): JsonObject {
  const { member } = route;
  if (member === undefined) return {};
  try {
    return { [member]: decodeURIComponent(memberIn(route, pathOf(url)) ?? "") };
  } catch {
    throw commonError("SerializationException", `The path has a ${member} that cannot be decoded.`);
  }
}

function headerMembers({ headers: named = {} }: Route, { headers }: IncomingMessage): JsonObject {
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, member]): [string, Json][] => {
      const value = headers[name];
      return typeof value === "string" ? [[member, value]] : [];
    }),
  );
}

function queryMembers({ query = {} }: Route, { url = "" }: IncomingMessage): JsonObject {
  const parameters = queryOf(url);
  const given = Object.entries(query).filter(([name]) => parameters.has(name));
  return Object.fromEntries(given.map(([name, { member, type }]) => [member, queryValue(parameters, name, type)]));
}

function queryValue(parameters: URLSearchParams, name: string, type: QueryMember["type"]): Json {
  if (type === "list") return parameters.getAll(name);
  const text = parameters.get(name) ?? "";
  if (type === undefined) return text;
  // What is no number is left a text, which the operation's shape refuses.
  return /^-?\d{1,9}$/.test(text) ? Number(text) : text;
}
