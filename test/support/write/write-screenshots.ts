/** `npm run screenshots`: makes the pictures of the console that the documentation shows, of the sample's router. */
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";
import { eventually } from "../../contract/waiting.ts";
import { FLAGS, findChromium, NO_CHROMIUM } from "../console/chromium.ts";
import { NpmStart } from "../router/npm-start.ts";

const FOLDER = "docs/images";
/** The last retry of an order that is too large comes after six seconds. */
const RETRIES_MS = 9_000;
const VIEWPORT = { width: 1_280, height: 800 };

const router = await NpmStart.start();
const listening = () => router.log.find(({ msg }) => msg === "listening");
await eventually("the router says where it listens", () => listening() !== undefined);
const { publicUrl, consoleUrl } = listening() as unknown as Record<string, string>;

/** Puts an event of the sample's shop, and resolves with its id. */
async function put(source: string, type: string, detail: object): Promise<string> {
  const entry = { Source: source, DetailType: type, Detail: JSON.stringify(detail) };
  const answer = await fetch(String(publicUrl), {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents" },
    body: JSON.stringify({ Entries: [entry] }),
  });
  const { Entries } = (await answer.json()) as { Entries: readonly { EventId: string }[] };
  return Entries[0]?.EventId ?? "";
}

async function isKnown(id: string): Promise<boolean> {
  return (await fetch(`${consoleUrl}api/v1/events/${id}`)).ok;
}

const executablePath = await findChromium();
if (executablePath === undefined) throw new Error(NO_CHROMIUM);
const browser = await chromium.launch({ executablePath, args: FLAGS });
try {
  for (let n = 1; n <= 12; n++) {
    await put("shop.checkout", "OrderPlaced", { orderId: `o-${n}`, total: 40 * n });
    await sleep(150);
  }
  const unmatched = await put("warehouse", "StockCounted", { sku: "s-7", count: 4 });
  const failed = await put("shop.checkout", "OrderPlaced", { orderId: "o-13", total: 1_200 });
  await sleep(RETRIES_MS);
  await eventually("the events are known", async () => (await isKnown(failed)) && (await isKnown(unmatched)), 10_000);
  const pages = {
    overview: "",
    events: "events",
    event: `events/${failed}`,
    "why-not": `events/${unmatched}`,
    send: "send",
    destinations: "destinations",
    "rule-graph": "rules/graph",
    sandbox: "sandbox",
  };
  const page = await browser.newPage({ viewport: VIEWPORT, locale: "en-GB", colorScheme: "light" });
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(`${consoleUrl}${path}`);
    await page.waitForLoadState("networkidle");
    await page.screenshot({ path: `${FOLDER}/console-${name}.png` });
  }
  // The sample asks nobody who they are.
  await page.route("**/api/v1/**", (route) => route.fulfill({ status: 401, json: {} }));
  await page.route("**/api/v1/session", (route) => route.fulfill({ json: { issuer: "Example" } }));
  await page.goto(String(consoleUrl));
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path: `${FOLDER}/console-sign-in.png` });
} finally {
  await browser.close();
  await router.remove();
}
