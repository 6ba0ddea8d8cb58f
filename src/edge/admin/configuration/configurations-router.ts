import { Router } from "express";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { ConfigurationAnswer, ConfigurationListAnswer } from "../../../admin-api/configuration/configurations.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { May } from "../request.ts";
import { serveOn } from "../serve.ts";

/** The configurations that somebody knows: a router its own, the index those that were in force. */
export interface KnownConfigurations {
  configurations(): Promise<ConfigurationListAnswer>;
  /** Undefined for one that is not known. */
  configuration(digest: string): Promise<ConfigurationAnswer | undefined>;
}

export interface ConfigurationsOptions {
  readonly known: () => KnownConfigurations;
  readonly may: May;
}

/** Configurations by their digests. */
export function configurationsRouter({ known, may }: ConfigurationsOptions): Router {
  const router = Router();
  const serve = serveOn(router, may);
  serve(OPERATIONS.listConfigurations, () => known().configurations());
  serve(OPERATIONS.getConfiguration, async ({ path: { digest } }) => {
    const found = await known().configuration(digest);
    if (found === undefined) throw new HttpProblem(404, "there is no such configuration, or it is no longer kept");
    return found;
  });
  return router;
}
