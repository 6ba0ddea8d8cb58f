import { Router } from "express";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import { STATUS_MS } from "../../../domain/status/router-status.ts";
import type { Routers } from "../../../ports/admin/routers.ts";
import type { May } from "../request.ts";
import { serveOn } from "../serve.ts";

export interface RoutersOptions {
  readonly routers: () => Routers;
  readonly may: May;
}

/** The routers at the broker, as this one knows them. */
export function routersRouter({ routers, may }: RoutersOptions): Router {
  const router = Router();
  const serve = serveOn(router, may);
  serve(OPERATIONS.listRouters, () => ({ nowMs: Date.now(), routers: routers().list() }));
  serve(OPERATIONS.getRouterHistory, () => ({ stepMs: STATUS_MS, steps: routers().lastHour() }));
  return router;
}
