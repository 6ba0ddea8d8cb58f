import { Router } from "express";
import { openApiDocument } from "../../admin-api/operations/openapi/openapi.ts";
import { OPERATIONS } from "../../admin-api/operations/table.ts";
import { ADMIN_ACTIONS, HISTORY_ACTIONS, PASSED_ON_ACTIONS } from "../../domain/access/actions.ts";
import type { Identity } from "../../domain/arn.ts";
import type { May } from "./request.ts";
import { callerOf } from "./request.ts";
import { serveOn } from "./serve.ts";

export interface ServerRouterOptions {
  readonly server: "router" | "console";
  /** Busbar's. */
  readonly version: string;
  /** Whether the server refuses whatever changes something. */
  readonly readOnly: boolean;
  /** Where a trace is seen, with `{traceId}` in place of its id. */
  readonly traceUrl?: string | undefined;
  readonly identity: Identity;
  readonly may: May;
}

/** What the operations of routers and consoles need. */
const ASKED_ACTIONS = [...PASSED_ON_ACTIONS, ...ADMIN_ACTIONS, ...HISTORY_ACTIONS];

/** What a server says of itself: the description of its API, and what its caller may do there. */
export function serverRouter(options: ServerRouterOptions): Router {
  const { server, version, readOnly, traceUrl, identity, may } = options;
  const router = Router();
  const serve = serveOn(router, may);

  serve(OPERATIONS.getMe, ({ request }) => {
    const caller = callerOf(request);
    return {
      ...(caller.id === undefined ? {} : { principal: caller.id }),
      needsToken: caller.id !== undefined,
      version,
      readOnly,
      ...(traceUrl === undefined ? {} : { traceUrl }),
      accountId: identity.accountId,
      region: identity.region,
      permissions: caller.permissions(ASKED_ACTIONS),
    };
  });

  let description: Record<string, unknown> | undefined;
  serve(OPERATIONS.describeApi, () => (description ??= openApiDocument(server, version)));

  return router;
}
