import type { IdentitySource } from "../../../domain/http-route/http-route.ts";
import type { DoorRequest } from "../door-request.ts";
import { headerOf, queryPairs } from "../door-request.ts";

/** What a request has at a place that proves its sender; undefined where it has nothing there. */
export function identityAt({ place, name }: IdentitySource, request: DoorRequest): string | undefined {
  const value =
    place === "header" ? headerOf(request, name) : queryPairs(request).find(([parameter]) => parameter === name)?.[1];
  return value === "" ? undefined : value;
}
