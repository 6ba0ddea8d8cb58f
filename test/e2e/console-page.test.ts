import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { findChromium, NO_CHROMIUM, startChromium } from "../support/chromium.ts";
import { HOSTILE, idOf } from "../support/console-answers.ts";
import { buildConsole } from "../support/console-build.ts";
import { suiteEndings } from "../support/endings.ts";
import { serveScriptedConsole, WRONG_PATTERN, type ScriptedConsole } from "../support/scripted-console.ts";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const THEMES = ["light", "dark"] as const;
const WIDTHS = [1280, 320];

/** Each page, with a text that shows that it is there. */
const PAGES: Readonly<Record<string, string>> = {
  "": "3 dead letters in failed-orders",
  live: "No live tail is running",
  events: "OrderPlaced",
  [`events/${idOf(0)}`]: "Not delivered to",
  [`events/${idOf(1)}`]: "Show all of it",
  [`events/${idOf(3)}`]: "Its JSON was not kept",
  "events/unknown": "Nothing is known of this event",
  [`deliveries/${idOf(9_003)}`]: "Delivery to api-destination/crm",
  send: "Put the event",
  "dead-letters": "1,204",
  "dead-letters?queue=failed-orders": "Redrive all",
  destinations: "api-destination/crm",
  queues: "ACCESS_REFUSED",
  "queues/failed-orders": "Peek at the first",
  rules: "huge-orders",
  "rules?bus=none": "No rule fits the filter",
  sandbox: "The event does not match the pattern",
  configuration: "no such function",
  audit: "busbar:PauseDestination",
  nowhere: "There is no such page",
};

const executable = await findChromium();

describe("The console's page", { skip: executable === undefined && NO_CHROMIUM }, () => {
  let server: ScriptedConsole;
  let browser: BrowserContext;
  let page: Page;
  const endings = suiteEndings();
  const wrong: string[] = [];

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), "busbar-console-"));
    endings.after(() => rm(folder, { recursive: true }));
    await buildConsole(folder);
    server = await serveScriptedConsole(folder);
    endings.after(() => server.stop());
    browser = await startChromium(executable ?? "", endings);
    page = browser.pages()[0] ?? (await browser.newPage());
    page.setDefaultTimeout(10_000);
    const { origin } = new URL(server.url);
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== origin) wrong.push(`asked ${request.url()}`);
    });
    page.on("dialog", (dialog) => {
      wrong.push(`ran a script: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("pageerror", (error) => wrong.push(`threw ${error.message}`));
    page.on("console", (message) => {
      if (/Content Security Policy|TrustedHTML|TrustedScript/.test(message.text())) wrong.push(message.text());
    });
  });
  beforeEach(async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    server.changes.length = 0;
  });
  after(() => assert.deepEqual(wrong, [], "no request elsewhere, no script of a payload, no error, no violation"));

  const open = async (path: string) => {
    await page.goto(server.url + path);
    await page
      .getByText(PAGES[path] ?? "")
      .first()
      .waitFor();
  };
  const see = (text: string | RegExp) => page.getByText(text).first().waitFor();

  for (const theme of THEMES) {
    for (const width of WIDTHS) {
      it(`has no finding of axe on any page, and no sideways scroll, in the ${theme} theme at ${width} px`, async () => {
        await page.emulateMedia({ colorScheme: theme });
        await page.setViewportSize({ width, height: 900 });
        const findings: string[] = [];
        for (const path of Object.keys(PAGES)) {
          await open(path);
          findings.push(...(await findingsOf(page)).map((finding) => `${path}: ${finding}`));
          const sideways = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
          if (Number(sideways) > 0) findings.push(`${path}: is ${String(sideways)} px too wide`);
        }
        assert.deepEqual(findings, []);
      });
    }
  }

  it("shows payloads as text, whatever stands in them", async () => {
    await open(`events/${idOf(0)}`);
    const shown = await page.getByLabel("The event's JSON").innerText();
    assert.ok(shown.includes("<script>alert(1)</script><img src=x onerror=alert(2)>"), shown);
    assert.ok(shown.includes("\\u202eright to left\\u202c \\ud800"), shown);
    await open(`events/${idOf(2)}`);
    assert.ok((await page.getByRole("heading", { level: 1 }).innerText()).includes("<script>"));
    assert.ok((await page.title()).startsWith(HOSTILE.slice(0, 20)));
  });

  it("lays out a long payload only when it is asked to", async () => {
    await open(`events/${idOf(1)}`);
    const length = async () => (await page.getByLabel("The event's JSON").innerText()).length;
    assert.ok((await length()) < 5_000);
    await page.getByRole("button", { name: "Show all of it" }).click();
    assert.ok((await length()) > 200 * 1024);
  });

  it("leads from an id to why it failed, and to a redrive, by the keyboard alone", async () => {
    await open("");
    await page.keyboard.press("Control+k");
    await page.keyboard.type(idOf(0));
    await page.keyboard.press("Enter");
    await see(/Delivered to 1 of 3 targets\. api-destination\/crm fails since .* with 503; the next try is at/);
    await see("detail.total is missing, and must be");
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.getByRole("heading", { name: "Dead letters" }).waitFor();
    assert.equal(await page.evaluate("document.activeElement.tagName"), "MAIN");
    await page.getByRole("row", { name: /audit-writer/ }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await see("3 dead letters are selected.");
    assert.deepEqual(server.changes, []);
    await tabTo(page, "Redrive 3 dead letters");
    await page.keyboard.press("Enter");
    await see("3 dead letters were redriven.");
    assert.deepEqual(server.changes, [
      "POST dead-letters/failed-orders/redrive?target=function%2Faudit-writer&errorCode=INVALID_PARAMETER&to=target {}",
    ]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  it("does not take letters that are typed into a field for keys, and lets single keys be switched off", async () => {
    await open("events");
    await page.keyboard.press("/");
    await page.keyboard.type("gq?j");
    assert.equal(await page.getByLabel("Type").inputValue(), "gq?j");
    await open("events");
    await page.keyboard.press("?");
    await page.getByLabel("Use single keys").uncheck();
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("q");
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").waitFor();
    assert.ok(page.url().endsWith("/events"));
    await page.keyboard.press("Escape");
    await page.keyboard.press("Shift+Tab");
    await page.getByRole("button", { name: "Keys" }).click();
    await page.getByLabel("Use single keys").check();
  });

  it("keeps the filter of events in the address, and goes back through it", async () => {
    await open("events");
    await page.getByLabel("Outcome").selectOption("failed");
    await page.waitForURL(/events\?outcome=failed$/);
    await page
      .getByRole("row", { name: / failed / })
      .first()
      .waitFor();

    assert.equal(await page.getByRole("row", { name: / delivered / }).count(), 0);
    await page.getByRole("link", { name: "OrderPlaced" }).first().click();
    await see("Not delivered to");
    await page.goBack();
    await page.waitForURL(/events\?outcome=failed$/);
    assert.equal(await page.getByLabel("Outcome").inputValue(), "failed");
    await page.goto(`${server.url}events?type=None`);
    await see("No event fits the filter");
  });

  it("has only the rows in the document that are seen, of a thousand", async () => {
    await open("events");
    for (let rows = 200; rows <= 1_000; rows += 100) {
      await page.getByRole("button", { name: "Load older ones" }).click();
      await see(rows === 1_000 ? /^1,000 events$/ : new RegExp(`^${rows} events, and there are older ones`));
    }
    assert.ok((await page.locator("[data-row]").count()) < 150);
    await page.evaluate("scrollTo(0, document.body.scrollHeight)");
    await page.locator(`a[title="${idOf(999)}"]`).waitFor();
  });

  it("shows events as they come, the newest on top, and moves no row while its reader has paused or scrolled", async () => {
    await open("live");
    await page.keyboard.press("/");
    await page.keyboard.type(WRONG_PATTERN);
    await page.getByRole("button", { name: "Start" }).click();
    await see(/Reason: "source" must be an object or an array/);
    await page.getByLabel(/^Event pattern/).fill('{"source":["shop.checkout"]}');
    await page.getByRole("button", { name: "Start" }).click();
    await see("1,234 on the bus, 61 fit, 60 of them shown");
    const first = () => page.locator("[data-row] a[data-open]").first().getAttribute("title");
    assert.equal(await first(), idOf(0));
    assert.match(page.url(), /live\?bus=default&pattern=/);
    assert.deepEqual(await findingsOf(page), []);

    await page.keyboard.press("p");
    server.more?.();
    await see("1 new event. Show them");
    await page.getByRole("button", { name: "Go on" }).waitFor();
    assert.equal(await first(), idOf(0));
    await page.keyboard.press("p");
    await page.locator(`[data-row] >> nth=0 >> a[title="${idOf(60)}"]`).waitFor();

    await page.evaluate("scrollTo(0, 800)");
    await page.waitForFunction("scrollY === 800");
    // The page hears of it with the next frame.
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    server.more?.();
    await page.getByRole("button", { name: "1 new event. Show them" }).click();
    await page.locator(`[data-row] >> nth=0 >> a[title="${idOf(61)}"]`).waitFor();
    assert.equal(await page.evaluate("scrollY"), 0);

    await page.getByRole("button", { name: "Stop" }).click();
    for (let tries = 0; server.more !== undefined && tries < 100; tries++) await page.waitForTimeout(20);
    assert.equal(server.more, undefined);
  });

  it("lists the rules page by page, by a filter in the address, and opens one in the sandbox by the keyboard", async () => {
    await open("rules");
    await see(/^100 rules, and there are more$/);
    await page.getByRole("button", { name: "Load more" }).click();
    await page.getByRole("button", { name: "Load more" }).click();
    await see(/^252 rules$/);
    await page.getByLabel("Destination").fill("function/fraud-check");
    await page.keyboard.press("Enter");
    await page.waitForURL(/rules\?destination=function%2Ffraud-check$/);
    await see(/^1 rule$/);
    await page.locator("h1").click();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "default/huge-orders" });
    assert.match(await dialog.getByLabel("Event pattern").innerText(), /"id": \[\s+12345678901234567890\s+\]/);
    assert.deepEqual(await findingsOf(page), []);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await dialog.getByRole("link", { name: "event-bus/audit" }).click();
    await page.waitForURL(/rules\?bus=audit$/);
    await see(/^1 rule$/);
    await page.goBack();
    await page.getByRole("button", { name: "huge-orders" }).click();
    await dialog.getByRole("button", { name: "Open in sandbox" }).click();
    await see("because of detail.id, detail.total.");
    assert.match(await page.getByLabel("Pattern").inputValue(), /12345678901234567890/);
  });

  it("says in the sandbox at each key whether the event matches, and what is wrong", async () => {
    await open("sandbox");
    await page.keyboard.press("/");
    await page.keyboard.press("Control+a");
    await page.keyboard.type('{"detail":{"total":[40]}}');
    await see("The event matches the pattern.");
    await see("total: [40]");
    await page.getByLabel("Pattern").fill('{"source":"shop"}');
    await see('The pattern is not valid: "source" must be an object or an array');
    await see("There is none before both can be read.");
    assert.deepEqual(await findingsOf(page), []);
    await page.getByLabel("Pattern").fill('{"detail":{"totl":[{"exists":true}]},"sorce":["x"]}');
    await see("The pattern matches no event: ");
    await see(/^detail\.totl is missing, and must be/);
    await page.getByRole("textbox", { name: "Event" }).fill("{");
    await see(/^The event is not JSON: /);
    assert.equal(await page.getByRole("button", { name: "Ask the rules" }).isDisabled(), true);
    await page.getByRole("textbox", { name: "Event" }).fill('{"detail":{"totl":1}}');
    await page.getByRole("button", { name: "Ask the rules" }).click();
    await see("On other buses these rules would match: audit/keep.");
    await page.getByRole("textbox", { name: "Event" }).fill('{"detail":{"totl":2}}');
    await see("The event has changed: ask them again.");
    assert.deepEqual(server.changes, []);
  });

  it("opens the sandbox with an event and what it was not delivered to, and keeps both while other pages are open", async () => {
    await open(`events/${idOf(0)}`);
    await page.getByRole("button", { name: "Open in sandbox with rule huge-orders" }).click();
    await see(/^✕ not matched The event does not match the pattern/);
    const event = await page.getByRole("textbox", { name: "Event" }).inputValue();
    assert.match(event, /alert\(1\)/);
    assert.match(await page.getByLabel("Pattern").inputValue(), /"numeric"/);
    assert.match(page.url(), /\/sandbox$/);
    await page.goBack();
    await see("Not delivered to");
    await page.getByRole("button", { name: "Open in sandbox", exact: true }).click();
    await see("The event matches the pattern.");
    assert.equal(await page.getByRole("textbox", { name: "Event" }).inputValue(), event);
    await page.getByLabel("Pattern").fill('{"source":[""]}');
    await page.getByRole("link", { name: "Queues" }).click();
    await see("ACCESS_REFUSED");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("sandb");
    await page.keyboard.press("Enter");
    await see("because of source.");
    assert.equal(await page.getByRole("textbox", { name: "Event" }).inputValue(), event);
  });

  it("puts an event and follows its way", async () => {
    await open("send");
    await page.getByRole("button", { name: "Put the event" }).click();
    await see("The source is missing.");
    assert.deepEqual(server.changes, []);
    await page.getByLabel("Source").fill("shop.checkout");
    await page.getByLabel("Detail type").fill("OrderPlaced");
    await page.getByLabel("Detail, a JSON object").fill('{"total":1}');
    await page.getByRole("button", { name: "Put the event" }).click();
    await see("Delivered to function/order-processor.");
    assert.deepEqual(server.changes, [
      'POST send {"Entries":[{"Source":"shop.checkout","DetailType":"OrderPlaced","Detail":"{\\"total\\":1}"}]}',
    ]);
  });

  it("says what a pause or its end will do, and does it once it is confirmed", async () => {
    await open("destinations");
    await page.getByRole("button", { name: "Resume … function/order-processor" }).click();
    await see("Everything that waits for it is delivered at once");
    await page.getByRole("button", { name: "Cancel" }).click();
    assert.deepEqual(server.changes, []);
    await page.getByRole("button", { name: "Pause … function/notifier" }).click();
    await page.getByLabel("Reason").fill("moving");
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.deepEqual(server.changes, ["PUT paused/function/notifier?reason=moving"]);
  });

  it("asks for a token where the API wants one, keeps it in the tab only, and goes on where it was", async () => {
    server.token = "secret-token";
    try {
      await page.goto(`${server.url}queues`);
      await page.getByLabel("Bearer token").fill("secret-token");
      await page.getByRole("button", { name: "Sign in" }).click();
      await see("ACCESS_REFUSED");
      assert.ok(!page.url().includes("secret"));
      assert.ok(!JSON.stringify(await page.evaluate("({ ...localStorage })")).includes("secret"));
    } finally {
      server.token = undefined;
      await page.evaluate("sessionStorage.clear()");
    }
  });

  it("keeps the theme that was chosen", async () => {
    await page.emulateMedia({ colorScheme: "light" });
    await open("queues");
    const background = () => page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
    const light = await background();
    await page.getByLabel("Theme").selectOption("dark");
    const dark = await background();
    assert.notEqual(dark, light);
    await open("queues");
    assert.equal(await background(), dark);
    await page.getByLabel("Theme").selectOption("system");
  });
});

/** What axe finds, as one line each. */
async function findingsOf(page: Page): Promise<string[]> {
  // The page's policy lets nothing be injected but by the debugger.
  await page.evaluate(AXE);
  return page.evaluate(`axe.run().then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + " " + html.slice(0, 200))))`);
}

/** Presses Tab until the control with this text has the focus. */
async function tabTo(page: Page, text: string): Promise<void> {
  for (let presses = 0; presses < 20; presses++) {
    if ((await page.evaluate("document.activeElement.textContent")) === text) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab does not come to "${text}"`);
}
