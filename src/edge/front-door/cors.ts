import type { Cors } from "../../domain/http-route/http-route.ts";
import type { HttpAnswer } from "./answers/http-answer.ts";
import type { DoorRequest } from "./door-request.ts";
import { headerOf } from "./door-request.ts";

type Pairs = readonly (readonly [name: string, value: string])[];

/** The method that a browser asks for, in a page's name (Fetch standard, "CORS-preflight request"); undefined for other requests. */
export function preflightMethod(request: DoorRequest): string | undefined {
  const isFromPage = headerOf(request, "origin") !== undefined;
  return request.method === "OPTIONS" && isFromPage ? headerOf(request, "access-control-request-method") : undefined;
}

/** The answer to a preflight. It names nothing to an origin that is not allowed, and the browser then refuses the page. */
export function preflightAnswer(cors: Cors, request: DoorRequest): HttpAnswer {
  const { allowMethods, allowHeaders, maxAgeSeconds } = cors;
  const origin = originHeaders(cors, request);
  const allowed: Pairs = [
    ...listed("access-control-allow-methods", allowMethods),
    ...listed("access-control-allow-headers", allowHeaders),
    ...(maxAgeSeconds === undefined ? [] : [["access-control-max-age", String(maxAgeSeconds)] as const]),
  ];
  return { status: 204, headers: origin.length === 0 ? [] : [...origin, ...allowed], body: Buffer.alloc(0) };
}

/** An answer's headers with those of CORS in place of the function's own. */
export function corsHeaders(cors: Cors, request: DoorRequest, headers: Pairs): Pairs {
  const others = headers.filter(([name]) => !name.toLowerCase().startsWith("access-control-"));
  const origin = originHeaders(cors, request);
  if (origin.length === 0) return others;
  return [...others, ...origin, ...listed("access-control-expose-headers", cors.exposeHeaders)];
}

/** Empty for an origin that is not allowed, and for a request of no page. */
function originHeaders({ allowOrigins, allowCredentials }: Cors, request: DoorRequest): Pairs {
  const origin = headerOf(request, "origin");
  if (origin === undefined) return [];
  if (allowOrigins.includes("*")) return [["access-control-allow-origin", "*"]];
  if (!allowOrigins.some((allowed) => allowed === origin || isOfScheme(allowed, origin))) return [];
  return [
    ["access-control-allow-origin", origin],
    ...(allowCredentials ? [["access-control-allow-credentials", "true"] as const] : []),
    ["vary", "origin"],
  ];
}

/** `https://*` allows every origin of its scheme. */
function isOfScheme(allowed: string, origin: string): boolean {
  return allowed.endsWith("://*") && origin.startsWith(allowed.slice(0, -1));
}

function listed(name: string, values: readonly string[]): Pairs {
  return values.length === 0 ? [] : [[name, values.join(",")]];
}
