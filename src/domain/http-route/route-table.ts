import type { HttpRoute } from "./http-route.ts";

/** A route that fits a request, and what its path's parameters are, decoded. */
export interface MatchedRoute {
  readonly route: HttpRoute;
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
}

/** One step of a route's path. */
export interface RouteStep {
  /** `greedy` is `{proxy+}`: all that follows, at least one step. */
  readonly kind: "text" | "parameter" | "greedy";
  readonly text: string;
}

/** A route's key, read. */
export interface RouteKey {
  /** `ANY` for every method. */
  readonly method: string;
  /** Undefined for `$default`. */
  readonly steps: readonly RouteStep[] | undefined;
}

/** A table of routes, the most exact first. */
export interface RouteTable {
  /**
   * The most exact route for a request. A step that is written out is more exact than a parameter, and that than
   * `{proxy+}`; a method more than `ANY`; a host more than none; anything more than `$default` (API Gateway developer
   * guide, "Routes for HTTP APIs").
   *
   * @param host in lower case, without a port.
   * @param path as it was sent, without the query.
   */
  find(host: string, method: string, path: string): MatchedRoute | undefined;
}

const KEY = /^([A-Z]+) (\/.*)$/;
const PARAMETER = /^\{([A-Za-z0-9._-]{1,64})(\+?)\}$/;

export const DEFAULT_ROUTE_KEY = "$default";

/** Undefined for what is no route key. */
export function readRouteKey(key: string): RouteKey | undefined {
  if (key === DEFAULT_ROUTE_KEY) return { method: "ANY", steps: undefined };
  const [, method, path] = KEY.exec(key) ?? [];
  if (method === undefined || path === undefined) return undefined;
  const steps = path.slice(1).split("/").map(readStep);
  if (steps.some((step) => step === undefined)) return undefined;
  return { method, steps: steps as readonly RouteStep[] };
}

/** Two routes of one shape and host would be found for the same requests: names of parameters do not tell them apart. */
export function routeShape({ key, host = "" }: Pick<HttpRoute, "key" | "host">): string {
  const { method, steps } = readRouteKey(key) ?? { method: "", steps: undefined };
  const path = steps?.map(({ kind, text }) => (kind === "text" ? text : `{${kind}}`)).join("/") ?? DEFAULT_ROUTE_KEY;
  return `${host} ${method} /${path}`;
}

export function routeTable(routes: Iterable<HttpRoute>): RouteTable {
  const rows = [...routes]
    .map((route) => ({ route, ...(readRouteKey(route.key) ?? { method: "", steps: undefined }) }))
    .sort(byExactness);
  return {
    find: (host, method, path) => {
      const given = path.slice(1).split("/");
      for (const { route, method: asked, steps } of rows) {
        if (route.host !== undefined && route.host !== host) continue;
        if (asked !== "ANY" && asked !== method) continue;
        if (steps === undefined) return { route, pathParameters: undefined };
        const parameters = parametersAt(steps, given);
        if (parameters !== undefined) return { route, pathParameters: parametersOrNone(parameters) };
      }
      return undefined;
    },
  };
}

type Row = RouteKey & { readonly route: HttpRoute };

/** `text` before `parameter` before `greedy`, step by step; `$default` is behind all. */
const KIND_ORDER = { text: 0, parameter: 1, greedy: 2 } as const;

function byExactness(one: Row, other: Row): number {
  return (
    Number(one.route.host === undefined) - Number(other.route.host === undefined) ||
    Number(one.steps === undefined) - Number(other.steps === undefined) ||
    bySteps(one.steps ?? [], other.steps ?? []) ||
    Number(one.method === "ANY") - Number(other.method === "ANY")
  );
}

function bySteps(one: readonly RouteStep[], other: readonly RouteStep[]): number {
  for (const [at, { kind }] of one.entries()) {
    const counterpart = other[at];
    if (counterpart === undefined) break;
    const difference = KIND_ORDER[kind] - KIND_ORDER[counterpart.kind];
    if (difference !== 0) return difference;
  }
  // Only paths with `{proxy+}` have other lengths and fit the same request: the longer one says more.
  return other.length - one.length;
}

function parametersAt(
  steps: readonly RouteStep[],
  given: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const isGreedy = steps.at(-1)?.kind === "greedy";
  if (isGreedy ? given.length < steps.length : given.length !== steps.length) return undefined;
  const parameters: [string, string][] = [];
  for (const [at, { kind, text }] of steps.entries()) {
    const step = kind === "greedy" ? given.slice(at).join("/").replace(/\/$/, "") : (given[at] ?? "");
    if (kind === "text") {
      if (step !== text) return undefined;
      continue;
    }
    if (step === "") return undefined;
    parameters.push([text, decoded(step)]);
  }
  return Object.fromEntries(parameters);
}

function parametersOrNone(parameters: Readonly<Record<string, string>>) {
  return Object.keys(parameters).length === 0 ? undefined : parameters;
}

function readStep(text: string, at: number, all: readonly string[]): RouteStep | undefined {
  const [, name, plus] = PARAMETER.exec(text) ?? [];
  if (name === undefined) return /^[^{}?#\s]*$/.test(text) ? { kind: "text", text } : undefined;
  if (plus !== "+") return { kind: "parameter", text: name };
  return at === all.length - 1 ? { kind: "greedy", text: name } : undefined;
}

/** What cannot be decoded stays as it was sent: the function may refuse it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
