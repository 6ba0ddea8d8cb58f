import { Router } from "express";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { Config } from "../../../domain/config.ts";
import type { May } from "../request.ts";
import { serveOn } from "../serve.ts";
import { pageByName } from "./name-pages.ts";

export interface NotInForceRouterOptions {
  readonly config: () => Config;
  readonly may: May;
}

/** What was made over the API and is not in force at this router, in the order of its names, a page at a time. */
export function notInForceRouter({ config, may }: NotInForceRouterOptions): Router {
  const router = Router();
  serveOn(router, may)(OPERATIONS.listNotInForce, ({ query: { limit, after } }) => {
    const all = [...(config().made?.leftOut ?? [])].map(([name, reason]) => ({ name, reason }));
    const { shown, next } = pageByName(all, { wanted: undefined, limit, after });
    return { notInForce: shown, count: all.length, ...next };
  });
  return router;
}
