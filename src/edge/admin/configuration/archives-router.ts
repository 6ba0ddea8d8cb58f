import { Router } from "express";
import type { ArchiveListAnswer } from "../../../admin-api/configuration/archives.ts";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { Archive } from "../../../domain/archive/archive.ts";
import type { Config } from "../../../domain/config.ts";
import type { ArchiveContents } from "../../../ports/archives.ts";
import type { May } from "../request.ts";
import { serveOn } from "../serve.ts";
import { pageByName } from "./name-pages.ts";

export interface ArchivesRouterOptions {
  readonly config: () => Config;
  readonly archives: () => ArchiveContents;
  readonly may: May;
}

/** The archives in force, in the order of their names, a page at a time. */
export function archivesRouter({ config, archives, may }: ArchivesRouterOptions): Router {
  const router = Router();
  serveOn(router, may)(OPERATIONS.listArchives, async ({ query }) => {
    const { archive: wanted, limit, after } = query;
    const { shown, next } = pageByName(config().archives.values(), { wanted, limit, after });
    const contents = archives();
    return { archives: await Promise.all(shown.map((archive) => described(archive, config(), contents))), ...next };
  });
  return router;
}

async function described(
  { name, bus, description, patternJson, retention, createdAtMs }: Archive,
  { places }: Config,
  contents: ArchiveContents,
): Promise<ArchiveListAnswer["archives"][number]> {
  const { events, bytes, times } = await contents.size(name);
  const place = places?.archives.get(name);
  return {
    name,
    bus,
    ...(description === undefined ? {} : { description }),
    ...(patternJson === undefined ? {} : { eventPattern: patternJson }),
    ...(retention.days === undefined ? {} : { retentionDays: retention.days }),
    ...(retention.bytes === undefined ? {} : { retentionBytes: retention.bytes }),
    ...(place === undefined ? {} : { place }),
    ...(createdAtMs === undefined ? {} : { createdAtMs }),
    events,
    bytes,
    ...times,
  };
}
