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
   * `/things/{Name}/parts`: a member in braces is one step of the path; at the end, as in `/things/{Name}`, it is all that
   * follows. A path that does not end with a member may end with a slash. `/things?List=ALL` is `/things` where the query
   * says so.
   */
  readonly path: string;
  /** Of a success; 204 has no body. Default: 200. */
  readonly status?: 200 | 201 | 202 | 204;
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
  readonly steps: readonly Step[];
  /** What the query must say. */
  readonly flag: readonly [name: string, value: string] | undefined;
}

/** What stands between two slashes of a route's path: a text, or a member by its name. */
interface Step {
  readonly text: string;
  readonly isMember: boolean;
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
  // The longest path first: a member at the end of a shorter one would take the rest of it.
  const all = Object.entries(routes)
    .map(([operation, route]) => routeAt(operation, route))
    .sort((one, other) => other.steps.length - one.steps.length || flagsOf(other) - flagsOf(one));
  const routeOf = ({ method, url = "" }: Pick<IncomingMessage, "method" | "url">): Route | undefined => {
    const steps = pathOf(url).split("/");
    return all.find((route) => {
      return route.method === method && membersAt(route, steps) !== undefined && hasFlag(route, url);
    });
  };
  return {
    serves: ({ url = "" }) => {
      const steps = pathOf(url).split("/");
      return all.some((route) => membersAt(route, steps) !== undefined);
    },
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
        ...pathMembers(route, request),
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

function routeAt(operation: string, route: RestRoute): Route {
  const [path = "", flag = ""] = route.path.split("?");
  const steps = path.split("/").map((step): Step => {
    const member = /^\{(\w+)\}$/.exec(step)?.[1];
    return { text: member ?? step, isMember: member !== undefined };
  });
  return { operation, ...route, steps, flag: [...new URLSearchParams(flag)][0] };
}

function flagsOf({ flag }: Route): number {
  return flag === undefined ? 0 : 1;
}

function hasFlag({ flag }: Route, url: string): boolean {
  return flag === undefined || queryOf(url).get(flag[0]) === flag[1];
}

/** The members that a path has, as they stand there; undefined where the path is another. */
function membersAt({ steps }: Route, given: readonly string[]): Readonly<Record<string, string>> | undefined {
  const last = steps.length - 1;
  const takesRest = steps[last]?.isMember === true;
  const fits = given.length === steps.length || (given.length === steps.length + 1 && given.at(-1) === "");
  if (given.length < steps.length || (!fits && !takesRest)) return undefined;
  const members: Record<string, string> = {};
  for (const [at, { text, isMember }] of steps.entries()) {
    const value = at === last && takesRest ? given.slice(at).join("/") : given[at];
    if (value === undefined || (isMember ? value === "" : value !== text)) return undefined;
    if (isMember) members[text] = value;
  }
  return members;
}

/** They are decoded once: an ARN in a path has its slashes encoded. */
function pathMembers(route: Route, { url = "" }: IncomingMessage): JsonObject {
  const members = Object.entries(membersAt(route, pathOf(url).split("/")) ?? {});
  return Object.fromEntries(members.map(([name, value]) => [name, decoded(name, value)]));
}

function decoded(name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw commonError("SerializationException", `The path has a ${name} that cannot be decoded.`);
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
