import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findChromium, NO_CHROMIUM, startChromium } from "../test/support/console/chromium.ts";
import { watchLivePage } from "../test/support/console/live-page.ts";
import { Router } from "../test/support/router/router.ts";
import { percentile } from "./median.ts";

interface Options {
  readonly perSecond: number;
  readonly seconds: number;
  readonly json?: boolean;
}

const LONG_TASK_MS = 100;

/** How a browser takes the live tail of a bus on which much is put: its frames, its tasks, its memory. */
export async function benchLive({ perSecond, seconds, json }: Options): Promise<void> {
  const executable = await findChromium();
  if (executable === undefined) throw new Error(NO_CHROMIUM);
  await promisify(execFile)(process.execPath, ["console/build-if-stale.ts"]);
  const endings: (() => unknown)[] = [];
  try {
    const router = await Router.start({ config: "journal: {}", env: { BUSBAR_CONSOLE_PORT: "0" } });
    endings.push(() => router.remove());
    const consoleUrl = String(router.log.find(({ msg }) => msg === "listening")?.["consoleUrl"]);
    const browser = await startChromium(executable, { after: (end) => endings.push(end) });
    const page = browser.pages()[0] ?? (await browser.newPage());
    const watched = await watchLivePage(page, consoleUrl, router, { perSecond, seconds });
    const figures = {
      counts: watched.counts,
      frameP50Ms: percentile(watched.frameMs, 50),
      frameP99Ms: percentile(watched.frameMs, 99),
      longestTaskMs: Math.max(0, ...watched.longTaskMs),
      tasksOver100Ms: watched.longTaskMs.filter((ms) => ms > LONG_TASK_MS).length,
      busyShare: watched.busyShare,
      heapMegabytes: watched.heapBytes.map((bytes) => Number((bytes / 1e6).toFixed(1))),
    };
    process.stdout.write(json ? `${JSON.stringify(figures)}\n` : textOf(figures));
  } finally {
    for (const end of endings.reverse()) await end();
  }
}

function textOf(figures: Record<string, unknown>): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name.padEnd(16)} ${Array.isArray(value) ? value.join(" ") : String(value)}\n`)
    .join("");
}
