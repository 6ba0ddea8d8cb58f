import { CONSOLE_PORT, limitSizes } from "../../config/settings/settings.ts";
import type { Settings } from "../../config/settings/settings.ts";
import { createLimits } from "../../domain/limits.ts";
import type { Observation } from "../../edge/observe/observation.ts";
import { startAccess } from "../access.ts";
import { startConsole } from "./console.ts";
import { Lifecycle } from "../lifecycle.ts";

/** Each step of a stop has so long to end. */
const STEP_MS = 5_000;

/** A console without a router in its process. */
export interface ConsoleAlone {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a console by itself. What had been started by the time that a part cannot start is stopped again. */
export async function runConsole(settings: Settings, observation: Observation): Promise<ConsoleAlone> {
  const { observer, log } = observation;
  const lifecycle = new Lifecycle((step, error) => log.error({ step, error }, "a part did not stop in order"));
  const shared = {
    settings,
    identity: { accountId: settings.accountId, region: settings.region },
    limits: createLimits(limitSizes(settings), (name) => observer.limitExceeded(name)),
    observation,
    lifecycle,
    report: (error: unknown) => log.error({ error }, "an unexpected error"),
  };
  try {
    const access = await startAccess(shared);
    const urls = { adminUrl: settings.consoleAdminUrl, publicUrl: settings.consolePublicUrl };
    const url = await startConsole(urls, access, settings.consolePort ?? CONSOLE_PORT, shared);
    return { url, stop: () => lifecycle.stop(STEP_MS) };
  } catch (error) {
    await lifecycle.stop(STEP_MS);
    throw error;
  }
}
