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
  /** `/things/{Name}`: the member in braces is the rest of the path. A path without one may end with a slash. */
  readonly path: string;
  /** Of a success; 204 has no body. Default: 200. */
  readonly status?: 200 | 202 | 204;
  /** Members in the query, by the parameter's name. */
  readonly query?: Readonly<Record<string, QueryMember>>;
}

export interface QueryMember {
  readonly member: string;
  readonly type?: "integer" | "list";
}

interface Route extends RestRoute {
  readonly operation: string;
  /** What the path begins with, and the member behind it; undefined for a path without one. */
  readonly before: string;
  readonly member: string | undefined;
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
    const [before = "", member] = route.path.split(/[{}]/);
    return { operation, ...route, before, member };
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
      const given = body.length === 0 ? {} : readJsonBody(body);
      return route === undefined ? given : { ...given, ...queryMembers(route, request), ...pathMember(route, request) };
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

function isAt({ before, member }: Route, path: string): boolean {
  return member === undefined
    ? path === before || path === `${before}/`
    : path.startsWith(before) && path.length > before.length;
}

/** It is decoded once: an ARN in a path has its slashes encoded. */
function pathMember({ before, member }: Route, { url = "" }: IncomingMessage): JsonObject {
  if (member === undefined) return {};
  try {
    return { [member]: decodeURIComponent(pathOf(url).slice(before.length)) };
  } catch {
    throw commonError("SerializationException", `The path has a ${member} that cannot be decoded.`);
  }
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
