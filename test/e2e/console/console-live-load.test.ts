import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { findChromium, NO_CHROMIUM, startChromium } from "../../support/console/chromium.ts";
import { ROOT } from "../../support/router/checkout.ts";
import { watchLivePage } from "../../support/console/live-page.ts";
import { Router } from "../../support/router/router.ts";

const executable = await findChromium();
const LOAD = { perSecond: 200, seconds: 60 };
/** CPU time: how smooth frames are on a quiet machine is measured by `npm run bench -- live`. */
const BUSY_SHARE_MAX = 0.4;
/** The page itself takes some 3 MiB, and the 10,000 events that its list may hold as much again. */
const HEAP_BYTES_MAX = 8 * 1024 * 1024;

describe("The page of a live tail", { skip: executable === undefined && NO_CHROMIUM }, () => {
  it("takes 200 events a second for a minute: all are counted, its thread is mostly idle, and its memory stays", async (t) => {
    await promisify(execFile)(process.execPath, [join(ROOT, "console/build-if-stale.ts")], { cwd: ROOT });
    const router = await Router.start({ config: "journal: {}", env: { BUSBAR_CONSOLE_PORT: "0" } });
    t.after(() => router.remove());
    const consoleUrl = String(router.log.find(({ msg }) => msg === "listening")?.["consoleUrl"]);
    const browser = await startChromium(executable ?? "", t);
    const page = browser.pages()[0] ?? (await browser.newPage());

    const { put, counts, heapBytes, busyShare } = await watchLivePage(page, consoleUrl, router, LOAD);
    const [, seen = "", fitting = "", passedOver = "0"] =
      /^([\d,]+) on the bus, ([\d,]+) fit.*?(?:, ([\d,]+) passed over.*)?$/.exec(counts) ?? [];
    const numberOf = (text: string): number => Number(text.replaceAll(",", ""));
    assert.deepEqual([numberOf(seen), numberOf(fitting) + numberOf(passedOver)], [put, put], counts);
    assert.ok(busyShare <= BUSY_SHARE_MAX, `the page was busy for ${busyShare} of the time`);
    assert.ok(Math.max(...heapBytes) <= HEAP_BYTES_MAX, `the heap grew: ${heapBytes.join(", ")} bytes`);
  });
});
