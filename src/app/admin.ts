import { setImmediate as nextTurn } from "node:timers/promises";
import type { ReadinessAnswer } from "../admin-api/probes.ts";
import type { Running, Starting } from "../edge/admin/admin-app.ts";
import { createAdminApp } from "../edge/admin/admin-app.ts";
import { listen } from "../edge/http/server.ts";
import { explain } from "../flow/explain/explain-request.ts";
import { renderPreview } from "../flow/explain/render-preview.ts";
import type { Access } from "./access.ts";
import type { Shared } from "./shared.ts";
import { VERSION } from "./version.ts";

/** How long a stop waits for an admin request that is being answered. */
const REQUEST_MS_MAX = 1_000;

/** How far the router has started. The admin port listens first. */
export interface StartProgress {
  readiness: ReadinessAnswer;
  router: Starting | Running;
}

/** The admin port, listening. */
export interface Admin {
  readonly url: string;
  /** Written by the start as it goes on. */
  readonly progress: StartProgress;
}

/**
 * Starts the admin port: metrics, probes and `/api/v1`. It starts before the broker, which may take long to connect:
 * an orchestrator must see that the process lives and is not ready.
 */
export async function startAdmin(shared: Shared, { authenticator, certificate }: Access): Promise<Admin> {
  const { settings, identity, config, observation, lifecycle, report } = shared;
  const progress: StartProgress = {
    readiness: { ready: false, reason: "waiting for the store" },
    router: { state: "starting" },
  };
  const app = createAdminApp({
    metrics: (accept) => observation.metrics(accept),
    readiness: () => progress.readiness,
    router: () => progress.router,
    config,
    authenticator,
    identity,
    version: VERSION,
    explain: (asked, mayExplain, explainPut) =>
      explain(asked, { config: config(), identity, nowMs: Date.now(), pause: nextTurn, mayExplain, explainPut }),
    render: (asked) => renderPreview(asked, { config: config(), identity, nowMs: Date.now() }),
    report,
  });
  const server = await listen(app, { host: settings.host, port: settings.adminPort, certificate });
  lifecycle.onStop("admin server", () => server.close(REQUEST_MS_MAX));
  return { url: server.url, progress };
}
