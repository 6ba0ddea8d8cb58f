import type { Config } from "../../domain/config.ts";
import { ROUTES_MAX } from "../../domain/http-route/http-route.ts";
import { routeShape } from "../../domain/http-route/route-table.ts";
import { entryProblem } from "../issues.ts";
import type { Entries } from "../merge.ts";
import type { Problem } from "../source/problem.ts";

/** Routes that no request would reach, since another has them, and routes beyond the most that there may be. */
export function httpRouteProblems({ httpRoutes }: Entries, config: Pick<Config, "httpRoutes">): readonly Problem[] {
  const first = new Map<string, string>();
  return httpRoutes.flatMap((entry, at) => {
    const route = config.httpRoutes.get(entry.name);
    if (route === undefined) return [];
    if (at === ROUTES_MAX) return [entryProblem(entry, [], `is one too many: there may be ${ROUTES_MAX}`, "key")];
    const shape = routeShape(route);
    const other = first.get(shape);
    first.set(shape, other ?? entry.name);
    if (other === undefined) return [];
    return [entryProblem(entry, ["route"], `is the same as that of HTTP route "${other}"`, "value")];
  });
}
