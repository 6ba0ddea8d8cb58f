import type { CDPSession, Page } from "playwright-core";
import { eventually } from "../../contract/waiting.ts";
import type { Router } from "../router/router.ts";

/** Ten a request, as many requests a second as it takes. */
const ENTRIES_A_REQUEST = 10;
const HEAP_EVERY_MS = 10_000;
const PAUSE_MS_MAX = 60_000;

export interface LiveLoad {
  /** A multiple of ten. */
  readonly perSecond: number;
  readonly seconds: number;
}

export interface LiveFigures {
  readonly put: number;
  /** What the page says at the end: `1,000 on the bus, 1,000 fit, 500 of them shown`. */
  readonly counts: string;
  /** Between two frames of the page. */
  readonly frameMs: readonly number[];
  /** Tasks of the page that took 50 ms or more. */
  readonly longTaskMs: readonly number[];
  /** What the page holds after a collection, each ten seconds. */
  readonly heapBytes: readonly number[];
  /** CPU time of the page's thread, as a share of the time. */
  readonly busyShare: number;
}

/** What runs in the page: it notes each frame and each long task. */
const WATCH = `
  window.watched = { frameMs: [], longTaskMs: [] };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) watched.longTaskMs.push(duration);
  }).observe({ type: "longtask" });
  let before = performance.now();
  const onFrame = (now) => {
    watched.frameMs.push(now - before);
    before = now;
    requestAnimationFrame(onFrame);
  };
  requestAnimationFrame(onFrame);
`;

/** Opens the page of a console with a live tail of the default bus, puts events evenly, and watches how the page takes it. */
export async function watchLivePage(
  page: Page,
  consoleUrl: string,
  router: Router,
  load: LiveLoad,
): Promise<LiveFigures> {
  const browser = await page.context().newCDPSession(page);
  await browser.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.goto(`${consoleUrl}live`);
  await page.getByRole("button", { name: "Start" }).click();
  await eventually("the router holds the tap", async () => (await router.metric("busbar_taps")) === 1, 20_000);
  await page.evaluate(WATCH);

  const heapBytes: number[] = [];
  const before = await busySeconds(browser);
  const startedAtMs = performance.now();
  const requests = (load.perSecond * load.seconds) / ENTRIES_A_REQUEST;
  const everyMs = (ENTRIES_A_REQUEST * 1_000) / load.perSecond;
  let heapDueMs = HEAP_EVERY_MS;
  for (let sent = 0; sent < requests; sent++) {
    const aheadMs = startedAtMs + sent * everyMs - performance.now();
    if (aheadMs > 1) await new Promise((resolve) => setTimeout(resolve, aheadMs));
    await putTen(router, sent);
    if (performance.now() - startedAtMs < heapDueMs) continue;
    heapDueMs += HEAP_EVERY_MS;
    heapBytes.push(await heapOf(browser));
  }
  const elapsedSeconds = (performance.now() - startedAtMs) / 1_000;
  const busyShare = ((await busySeconds(browser)) - before) / elapsedSeconds;
  const put = requests * ENTRIES_A_REQUEST;
  const counts = page.locator(".tail-counts .number");
  const seen = new RegExp(`^${put.toLocaleString("en-GB")} on the bus`);
  await eventually("the page has counted all", async () => seen.test(await counts.innerText()), PAUSE_MS_MAX);
  const watched = await page.evaluate<Pick<LiveFigures, "frameMs" | "longTaskMs">>("watched");
  return { put, counts: await counts.innerText(), ...watched, heapBytes, busyShare };
}

async function putTen(router: Router, request: number): Promise<void> {
  const entries = Array.from({ length: ENTRIES_A_REQUEST }, (_, index) => ({
    source: `shop.${index}`,
    detail: { orderId: `o-${request}-${index}`, total: request },
  }));
  const { status } = await router.put(entries);
  if (status !== 200) throw new Error(`a put was answered with ${status}`);
}

/** CPU time that the page's thread has had, in seconds. */
async function busySeconds(browser: CDPSession): Promise<number> {
  const { metrics } = await browser.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
}

async function heapOf(browser: CDPSession): Promise<number> {
  await browser.send("HeapProfiler.collectGarbage");
  const { usedSize } = await browser.send("Runtime.getHeapUsage");
  return usedSize;
}
