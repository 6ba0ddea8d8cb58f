import { Router } from "express";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { BlockedKeyControl } from "../../../ports/admin/blocked-keys.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { May } from "../request.ts";
import { callerOf, stored } from "../request.ts";
import { serveOn } from "../serve.ts";

export interface BlockedKeysRouterOptions {
  readonly blockedKeys: () => BlockedKeyControl;
  readonly may: May;
}

/** The keys that wait for an event that does not succeed, of all routers. A DELETE has the event skipped. */
export function blockedKeysRouter({ blockedKeys, may }: BlockedKeysRouterOptions): Router {
  const router = Router();
  const serve = serveOn(router, may);

  serve(OPERATIONS.listBlockedKeys, () => ({
    blockedKeys: blockedKeys()
      .list()
      .map(({ sinceMs, ...blocked }) => ({ ...blocked, since: new Date(sinceMs).toISOString() })),
  }));

  serve(OPERATIONS.skipBlockedKey, async ({ path, request }) => {
    const { name, id: delivery } = path;
    if (!(await stored(blockedKeys().skip(name, delivery, callerOf(request).id)))) {
      throw new HttpProblem(404, `delivery "${delivery}" blocks no key of function "${name}", or not any more`);
    }
    return { function: name, deliveryId: delivery };
  });

  return router;
}
