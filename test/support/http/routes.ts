import type { Router } from "express";

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle?: { readonly stack?: readonly Layer[] };
}

/** Every route of a router and of the routers in it: `GET /queues/:queue`. */
export function routesOf(router: Router): readonly string[] {
  return (router as unknown as { readonly stack: readonly Layer[] }).stack.flatMap(routesOfLayer);
}

function routesOfLayer({ route, handle }: Layer): readonly string[] {
  if (route !== undefined) return Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`);
  return (handle?.stack ?? []).flatMap(routesOfLayer);
}
