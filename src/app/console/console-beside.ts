import type { Access } from "../access.ts";
import type { Shared } from "../shared.ts";
import type { RouterUrls } from "./console.ts";
import { startConsole } from "./console.ts";

/** Starts a console if the settings say so. A router without its console is better than none. */
export async function startConsoleBeside(
  urls: RouterUrls,
  access: Access,
  shared: Shared,
): Promise<string | undefined> {
  const { consolePort } = shared.settings;
  if (consolePort === undefined) return undefined;
  try {
    return await startConsole(urls, access, consolePort, shared);
  } catch (error) {
    shared.observation.log.error({ error }, "the console could not start");
    return undefined;
  }
}
