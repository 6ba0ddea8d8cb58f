import type { Request, RequestHandler } from "express";
import type { AdminAction } from "../../domain/access/actions.ts";
import type { Identity } from "../../domain/arn.ts";
import { eventBusArn, queueArn, targetArn } from "../../domain/arn.ts";
import { parseDestinationLabel } from "../../domain/target/target.ts";
import type { Caller } from "../http/auth/caller.ts";
import type { Authenticator } from "../http/auth/authenticator.ts";

/**
 * The ARN of what a request is about, by its path and query; `*` for nothing in particular. Undefined where it stands in
 * the body: then the route authorizes its caller itself when it has read that.
 */
type ResourceOf = (request: Request, identity: Identity) => string | undefined;

/** Makes the guard of a route: it lets in whoever may do this to what the request is about. Every route has one. */
export type May = (action: AdminAction, resource?: ResourceOf) => RequestHandler;

const CALLERS = new WeakMap<Request, Caller>();

export function mayWith(authenticator: Authenticator, identity: Identity): May {
  return (action, resource = nothing) =>
    async (request, _response, next) => {
      const caller = await authenticator.authenticateToken(request, action);
      const about = resource(request, identity);
      if (about === undefined) caller.authorizeToAsk(action);
      else caller.authorize(action, about);
      CALLERS.set(request, caller);
      next();
    };
}

/** Who a guarded request is from. */
export function callerOf(request: Request): Caller {
  const caller = CALLERS.get(request);
  if (caller === undefined) throw new Error("the route has no guard");
  return caller;
}

/** The id of the principal that a guarded request is from; undefined where nobody is asked who they are. */
export function callerIdOf(request: Request): string | undefined {
  return CALLERS.get(request)?.id;
}

export const aQueue: ResourceOf = ({ params }, identity) => queueArn(identity, String(params["queue"]));

export const aDestination: ResourceOf = ({ params }, identity) => {
  const destination = parseDestinationLabel(`${String(params["kind"])}/${String(params["name"])}`);
  return destination === undefined ? "*" : targetArn(identity, destination);
};

/** The bus of the query; without one an entry in the body may name it. */
export const anEventBus: ResourceOf = ({ query }, identity) =>
  typeof query["bus"] === "string" ? eventBusArn(identity, query["bus"]) : undefined;

function nothing(): string {
  return "*";
}
