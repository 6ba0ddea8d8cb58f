import type { Request, Response, Router } from "express";
import type { AnswerOf, Guard, AdminOperation, PathNames, QueryOf } from "../../admin-api/operations/operation.ts";
import type { Identity } from "../../domain/arn.ts";
import { archiveArn, eventBusArn, functionArn, queueArn, targetArn } from "../../domain/arn.ts";
import { parseDestinationLabel } from "../../domain/target/target.ts";
import { answerJson } from "../http/answer.ts";
import type { May } from "./request.ts";
import { parametersOf } from "./request.ts";

/** A request for an operation, from a caller that may ask for it. */
export interface Asked<Of extends AdminOperation> {
  readonly request: Request;
  readonly response: Response;
  /** The parameters of the query, checked. */
  readonly query: QueryOf<Of>;
  /** Those of the path. */
  readonly path: Readonly<Record<PathNames<Of["path"]>, string>>;
}

/** Adds the route of an operation, whose handler returns what it answers. */
export type Serve = <Of extends AdminOperation>(
  operation: Of,
  handle: (asked: Asked<Of>) => AnswerOf<Of> | Promise<AnswerOf<Of>>,
) => void;

/** Adds the route of an operation, whose handler writes the answer itself. */
export type ServeWriting = <Of extends AdminOperation>(
  operation: Of,
  handle: (asked: Asked<Of>) => Promise<void>,
) => void;

/**
 * Routes operations as the table has them: method, path, guard and query are the operation's, so that no route differs
 * from its description.
 */
export function serveOn(router: Router, may: May): Serve {
  const serveWriting = serveWritingOn(router, may);
  return (operation, handle) =>
    serveWriting(operation, async (asked) => answerJson(asked.response, operation.status ?? 200, await handle(asked)));
}

/** The same for handlers that write their answers. */
export function serveWritingOn(router: Router, may: May): ServeWriting {
  return (operation, handle) => {
    const method = operation.method.toLowerCase() as Lowercase<AdminOperation["method"]>;
    router[method](routePath(operation), ...guardsOf(operation, may), (request, response) => {
      const query = operation.query === undefined ? {} : parametersOf(request, operation.query);
      const asked = { request, response, query, path: request.params };
      return handle(asked as unknown as Asked<typeof operation>);
    });
  };
}

/** The path as Express has it: `/queues/:queue/peek`. */
export function routePath({ path }: AdminOperation): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

function guardsOf({ guard }: AdminOperation, may: May) {
  if (guard === "nobody is asked") return [];
  if (guard === "known callers") return [may(guard)];
  return [may(guard.action, (request, identity) => resourceOf(guard, request, identity))];
}

/** Undefined for a resource that only the body or the answer's own data names. */
function resourceOf(
  { on }: Exclude<Guard, string>,
  { params, query }: Request,
  identity: Identity,
): string | undefined {
  switch (on) {
    case "everything":
      return "*";
    case "job/found":
    case "event-source-mapping/found":
      return undefined;
    case "queue":
      return queueArn(identity, String(params["queue"]));
    case "archive":
      return archiveArn(identity, String(params["archive"]));
    case "function":
      return functionArn(identity, String(params["name"]));
    case "destination": {
      const destination = parseDestinationLabel(`${String(params["kind"])}/${String(params["name"])}`);
      return destination === undefined ? "*" : targetArn(identity, destination);
    }
  }
  if (typeof query["bus"] === "string") return eventBusArn(identity, query["bus"]);
  const without = { "event-bus/default": "default", "event-bus/all": "*", "event-bus/found": undefined }[on];
  return without === undefined ? undefined : eventBusArn(identity, without);
}
