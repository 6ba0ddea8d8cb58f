import type { Config } from "../../domain/config.ts";
import type { Authorizer, Cors, HttpRoute, PayloadFormat } from "../../domain/http-route/http-route.ts";
import { urlDoorName } from "../../domain/http-route/door-names.ts";
import { FUNCTION_PATH_PREFIX } from "../../domain/http-route/http-route.ts";
import type { RouteTable } from "../../domain/http-route/route-table.ts";
import { DEFAULT_ROUTE_KEY, routeTable } from "../../domain/http-route/route-table.ts";
import type { FunctionConfig } from "../../domain/target/function.ts";

/** What a request comes in by: an HTTP route, or a function's URL. */
export interface Door {
  /** A route's name, or `url/FUNCTION`: in metrics, the log and `apiId`. */
  readonly name: string;
  readonly isFunctionUrl: boolean;
  readonly functionName: string;
  /** The version or alias that is called. */
  readonly qualifier: string | undefined;
  readonly payload: PayloadFormat;
  readonly cors: Cors | undefined;
  readonly authorizer: Authorizer;
  readonly timeoutSeconds: number | undefined;
  /** Whether answers go out as the function writes them. */
  readonly isStreamed: boolean;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
  /** As it was sent, without the prefix of function URLs. */
  readonly rawPath: string;
}

/** `forbidden`: it asks for a function's URL, and there is none. Lambda does not say which functions there are. */
export type NoDoor = "not-found" | "forbidden";

/** A host, method and path as a request has them. */
export interface DoorAsked {
  /** In lower case, without a port. */
  readonly host: string;
  readonly method: string;
  readonly rawPath: string;
}

/** Finds the door of requests. The table of a configuration is made once. */
export class Doors {
  readonly #config: () => Config;
  /** Functions with a URL are at the hosts `NAME.` and this. */
  readonly #urlHost: string;
  #routes: { readonly of: Config["httpRoutes"]; readonly table: RouteTable } | undefined;

  constructor(config: () => Config, urlHost: string) {
    this.#config = config;
    this.#urlHost = urlHost;
  }

  find(asked: DoorAsked): Door | NoDoor {
    const { host, method, rawPath } = asked;
    const { functions, httpRoutes } = this.#config();
    const isUrlHost = host.endsWith(`.${this.#urlHost}`);
    if (isUrlHost) {
      const label = host.slice(0, -this.#urlHost.length - 1);
      const fn = [...functions.values()].find(({ name, url }) => url !== undefined && name.toLowerCase() === label);
      if (fn !== undefined) return urlDoor(fn, rawPath);
    }
    if (rawPath.startsWith(FUNCTION_PATH_PREFIX)) {
      const [, name = "", rest = ""] = /^([^/]*)(\/?.*)$/.exec(rawPath.slice(FUNCTION_PATH_PREFIX.length)) ?? [];
      const fn = functions.get(name);
      return fn?.url === undefined ? "forbidden" : urlDoor(fn, rest === "" ? "/" : rest);
    }
    const found = this.#tableOf(httpRoutes).find(host, method, rawPath);
    if (found !== undefined) return routeDoor(found.route, found.pathParameters, rawPath);
    return isUrlHost ? "forbidden" : "not-found";
  }

  #tableOf(routes: Config["httpRoutes"]): RouteTable {
    if (this.#routes?.of !== routes) this.#routes = { of: routes, table: routeTable(routes.values()) };
    return this.#routes.table;
  }
}

function urlDoor({ name, url }: FunctionConfig, rawPath: string): Door {
  return {
    name: urlDoorName(name),
    isFunctionUrl: true,
    functionName: name,
    qualifier: url?.qualifier,
    payload: "2.0",
    cors: url?.cors,
    authorizer: { kind: url?.authType === "AWS_IAM" ? "iam" : "none" },
    timeoutSeconds: undefined,
    isStreamed: url?.invokeMode === "RESPONSE_STREAM",
    routeKey: DEFAULT_ROUTE_KEY,
    pathParameters: undefined,
    rawPath,
  };
}

function routeDoor(route: HttpRoute, pathParameters: Door["pathParameters"], rawPath: string): Door {
  const { name, functionName, qualifier, payload, cors, authorizer, timeoutSeconds, key } = route;
  const asked = { name, functionName, qualifier, payload, cors, authorizer, timeoutSeconds, pathParameters, rawPath };
  return { ...asked, isFunctionUrl: false, isStreamed: false, routeKey: key };
}
