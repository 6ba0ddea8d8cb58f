import { existsSync } from "node:fs";
import { join } from "node:path";
import { LiveIndex } from "../../console/index/live-index.ts";
import { createConsoleApp } from "../../console/server/console-app.ts";
import { listen } from "../../edge/http/server.ts";
import { PACKAGE_FOLDER } from "../../package/package-folder.ts";
import type { Access } from "../access.ts";
import type { Shared } from "../shared.ts";
import { openJournalReader } from "../observe/journal.ts";
import { VERSION } from "../version.ts";
import { explainKeptBy } from "./explain-kept.ts";
import { signInOptions } from "./sign-in.ts";

/** How long a stop waits for a request that is being answered. */
const REQUEST_MS_MAX = 1_000;

/** Where the router is whose API the console passes on. */
export interface RouterUrls {
  readonly adminUrl: string;
  readonly publicUrl: string;
}

/** What a console needs, in a router or by itself. */
export type ConsoleShared = Pick<Shared, "settings" | "identity" | "observation" | "lifecycle" | "report">;

/**
 * Starts the console: it reads the journal into an index of its own, which may be lost, and serves its page and its API.
 *
 * @returns its address.
 * @throws Error where its folder cannot be used, or its port is taken.
 */
export async function startConsole(
  urls: RouterUrls,
  { authenticator, certificate }: Access,
  port: number,
  shared: ConsoleShared,
): Promise<string> {
  const { settings, identity, lifecycle, report, observation } = shared;
  const reader = await openJournalReader(shared);
  lifecycle.onStop("journal reader", () => reader.close());
  const index = await LiveIndex.open({
    folder: settings.consoleData ?? join(settings.data, "console"),
    reader,
    nowMs: Date.now,
    onFault: (error) => observation.log.error({ error }, "the console cannot keep the journal"),
  });
  lifecycle.onStop("console index", () => index.close());
  const page = pageFolder();
  if (page === undefined) observation.log.warn("the console's page was not built: npm run build");
  const app = createConsoleApp({
    history: () => index.current,
    explainKept: explainKeptBy((digest) => index.current.document(digest), identity),
    identity,
    authenticator,
    ...urls,
    base: settings.consolePath,
    pageFolder: page,
    signIn: signInOptions(authenticator, shared),
    readOnly: settings.consoleReadOnly,
    traceUrl: settings.traceUrl,
    version: VERSION,
    report,
  });
  const server = await listen(app, { host: settings.host, port, certificate });
  lifecycle.onStop("console server", () => server.close(REQUEST_MS_MAX));
  return new URL(settings.consolePath, server.url).href;
}

/** Where the page was built, if it was. */
function pageFolder(): string | undefined {
  const folder = join(PACKAGE_FOLDER, "dist/page");
  return existsSync(join(folder, "index.html")) ? folder : undefined;
}
