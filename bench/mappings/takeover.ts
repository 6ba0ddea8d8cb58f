import { setTimeout as sleep } from "node:timers/promises";
import { Router } from "../../test/support/router/router.ts";
import { RecordsFunction } from "./records-function.ts";

const PUT_MS = 10;
/** Long enough for a checkpoint to be stored. */
const SETTLE_MS = 2_000;
const READ = "busbar_mapping_records_read_total";

function configOf(url: string): string {
  return `
streams: { clicks: {} }
functions: { count: { http: { url: "${url}" } } }
rules: { clicks: { eventPattern: { source: [bench] }, targets: { stream: { stream: clicks } } } }
eventSourceMappings: { clicks-to-count: { stream: clicks, function: count, startingPosition: TRIM_HORIZON } }
`;
}

/** How long after the death of a stream's reader another router makes its first call, in milliseconds. */
export async function takeoverMs(broker: string): Promise<number> {
  const fn = await RecordsFunction.start();
  const routers: Router[] = [];
  const over = new AbortController();
  try {
    const start = { config: configOf(fn.url), env: { BUSBAR_BROKER: broker } };
    while (routers.length < 2) routers.push(await Router.start(start));
    const called = fn.expect(1);
    await routers[0]?.put([{ source: "bench", detail: {} }]);
    await called;
    const read = await Promise.all(routers.map((router) => router.metricSum(READ)));
    const [reader, other] = (read[0] ?? 0) > 0 ? routers : routers.toReversed();
    if (reader === undefined || other === undefined) throw new Error("two routers are needed");
    const putting = putUntil(other, over.signal);
    await sleep(SETTLE_MS);
    const killedAtMs = performance.now();
    await reader.kill();
    await fn.expect(1);
    const calledAtMs = performance.now();
    over.abort();
    await putting;
    return Math.round(calledAtMs - killedAtMs);
  } finally {
    over.abort();
    for (const router of routers) await router.remove();
    await fn.stop();
  }
}

async function putUntil(router: Router, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await router.put([{ source: "bench", detail: {} }]);
    await sleep(PUT_MS);
  }
}
