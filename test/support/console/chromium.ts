import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium, type BrowserContext } from "playwright-core";
import type { Ending } from "../rabbitmq/rabbitmq.ts";

const DEBIAN_CHROMIUM = "/usr/bin/chromium";

/** As root it has no sandbox, and it asks nobody on the network for anything of its own. */
export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Why there is no browser to test with. */
export const NO_CHROMIUM =
  "no browser: BUSBAR_TEST_CHROMIUM names one, or /usr/bin/chromium is there, or BUSBAR_TEST_INSTALL=1 installs it on Debian as root";

/** The browser's program: the one that `BUSBAR_TEST_CHROMIUM` names, else Debian's, installed where that is allowed. */
export async function findChromium(): Promise<string | undefined> {
  const named = process.env["BUSBAR_TEST_CHROMIUM"];
  if (named !== undefined) return existsSync(named) ? named : undefined;
  if (!existsSync(DEBIAN_CHROMIUM) && process.env["BUSBAR_TEST_INSTALL"] === "1") await installPackage();
  return existsSync(DEBIAN_CHROMIUM) ? DEBIAN_CHROMIUM : undefined;
}

/** Starts a browser with a profile of its own, which ends and goes with the suite. */
export async function startChromium(
  executablePath: string,
  endings: Ending,
  options: { readonly ignoreHTTPSErrors?: boolean } = {},
): Promise<BrowserContext> {
  const profile = await mkdtemp(join(tmpdir(), "busbar-chromium-"));
  endings.after(() => rm(profile, { recursive: true, force: true }));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: FLAGS,
    locale: "en-GB",
    ...options,
  });
  endings.after(() => context.close());
  return context;
}

/** Several test files may want it at the same time: the first one installs it, and the others wait. */
async function installPackage(): Promise<void> {
  const install = `test -e ${DEBIAN_CHROMIUM} || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; }`;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await promisify(execFile)("flock", [join(tmpdir(), "busbar-chromium.lock"), "sh", "-c", install], { env });
}
