import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, beforeEach, describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import type { Page, Route } from "playwright-core";
import { type BrowserPage, builtConsole, IN_A_BROWSER, openBrowser } from "../../support/console/browser-page.ts";
import { HOSTILE, idOf, JOB } from "../../support/console/console-answers.ts";
import { BLOCKED_KEYS, ORDERED } from "../../support/console/console-order.ts";
import { edit, editorOf } from "../../support/console/json-editor.ts";
import { suiteEndings } from "../../support/endings.ts";
import {
  ALL_PERMISSIONS,
  serveScriptedConsole,
  WRONG_PATTERN,
  type ScriptedConsole,
} from "../../support/console/scripted-console.ts";

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
  "test?function=order-processor": "Call it once",
  "test?function=order-processor&how=invoke": "Beside its queue",
  "dead-letters": "1,204",
  "dead-letters?queue=failed-orders": "Redrive all",
  destinations: "api-destination/crm",
  "destinations#function/stock": "An event without a key",
  connections: "deauthorized",
  "connections?connection=ledger": "no access token, HTTP 401",
  queues: "ACCESS_REFUSED",
  "queues/failed-orders": "and 7 more",
  rules: "huge-orders",
  "rules?gone=true": "function/not-here (does not exist)",
  "rules?bus=none": "No rule fits the filter",
  "rules/edit": "Save the rule",
  "rules/graph": "are too many for one picture",
  "rules/graph?focus=rule/default/huge-orders": "34 failed",
  "rules/graph?focus=destination/api-destination/crm": "the 150 busiest are drawn",
  mappings: "100 of 100 records failed: it did not answer in time",
  "mappings?mapping=clicks-to-count": "3 min 10 s behind",
  "mappings/calls": "1 of 250 records failed",
  schedules: "2 min late",
  archives: "everything",
  replays: "It was cancelled",
  sandbox: "The event does not match the pattern",
  configuration: "no such function",
  routers: "silent for",
  audit: "busbar:PauseDestination",
  nowhere: "There is no such page",
};

describe("The console's page", IN_A_BROWSER, () => {
  let server: ScriptedConsole;
  let page: BrowserPage["page"];
  let see: BrowserPage["see"];
  const endings = suiteEndings();
  const wrong: string[] = [];

  before(async () => {
    server = await serveScriptedConsole(await builtConsole(endings));
    endings.after(() => server.stop());
    ({ page, see } = await openBrowser(endings, server.url, wrong));
    page.setDefaultTimeout(10_000);
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
  for (const path of Object.keys(PAGES)) {
    it(`has no finding of axe and no sideways scroll in either theme, wide and narrow: /${path}`, async () => {
      await open(path);
      await page.locator(".json-field textarea").first().waitFor({ state: "detached" });
      await page.evaluate(AXE);
      const findings: string[] = [];
      for (const theme of THEMES) {
        for (const width of WIDTHS) {
          // A colour that is on its way to another has no contrast yet.
          await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
          await page.setViewportSize({ width, height: 900 });
          findings.push(...(await axeFindings(page)).map((finding) => `${theme}, ${width} px: ${finding}`));
          const sideways = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
          const cut = await page.evaluate(
            `[...document.querySelectorAll(".figure")].filter((one) => one.scrollWidth > one.clientWidth).length`,
          );
          if (cut !== 0) findings.push(`${theme}, ${width} px: ${String(cut)} figures are wider than their place`);
          if (Number(sideways) > 0) findings.push(`${theme}, ${width} px: is ${String(sideways)} px too wide`);
        }
      }
      assert.deepEqual(findings, []);
    });
  }

  it("leads from an event of which an attempt failed to its trace", async () => {
    await open(`events/${idOf(0)}`);
    const traceId = idOf(0).replaceAll("-", "");
    const link = page.getByRole("link", { name: traceId });
    assert.equal(await link.getAttribute("href"), `https://traces.example.com/trace/${traceId}`);
    assert.equal(await link.getAttribute("rel"), "noreferrer");
  });

  it("shows payloads as text, whatever stands in them", async () => {
    await open(`events/${idOf(0)}`);
    const shown = await page.getByLabel("The event's JSON").innerText();
    assert.ok(shown.includes("<script>alert(1)</script><img src=x onerror=alert(2)>"), shown);
    assert.ok(shown.includes("\\u202eright to left\\u202c \\ud800"), shown);
    await open(`events/${idOf(2)}`);
    assert.ok((await page.getByRole("heading", { level: 1 }).innerText()).includes("<script>"));
    assert.ok((await page.title()).startsWith(HOSTILE.slice(0, 20)));
  });

  it("says by which configuration an event was not delivered, and that of its moment may not be known any more", async () => {
    await open(`events/${idOf(0)}`);
    await see(/^By the configuration in force when it was put, and now, 0 rules of bus default match it\./);
    await open(`events/${idOf(1)}`);
    await see(
      /^By the configuration in force when it was put, 60303ae22b998861 since .*, 1 rule of bus default matches/,
    );
    await see("Today gone would not.");
    // It reached the rule that is listed as missed: it was redriven.
    assert.equal(await page.getByRole("heading", { level: 3, name: "big-orders" }).count(), 0);
    for (const number of [2, 4]) {
      await page.goto(`${server.url}events/${idOf(number)}`);
      await see(/^Which configuration was in force when it was put is not known any more\. By the one in force now, 0/);
    }
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
    await see("3 dead letters were redriven, of 3 messages that were read.");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.deepEqual(server.changes, [
      "POST dead-letters/failed-orders/redrive?target=function%2Faudit-writer&errorCode=INVALID_PARAMETER&to=target {}",
    ]);
  });

  it("shows a redrive that somebody else started, and changes its rate, pauses and stops it", async () => {
    await open("dead-letters");
    const card = page.getByRole("article").filter({ hasText: JOB.id });
    await card.getByText("250 dead letters redriven so far. 904 messages of the queue yet to be read.").waitFor();
    await card.getByText("by eve", { exact: false }).waitFor();
    server.changes.length = 0;
    await card.getByLabel("Most a second").fill("7");
    await page.keyboard.press("Enter");
    await card.getByRole("button", { name: "Pause" }).click();
    await card.getByText("Paused").waitFor();
    await page.reload();
    assert.equal(await card.getByLabel("Most a second").inputValue(), "7");
    await card.getByRole("button", { name: "Resume" }).click();
    await card.getByText("Running").waitFor();
    await card.getByRole("button", { name: "Stop" }).click();
    await card.getByText("It was stopped. What is left stays in the queue.").waitFor();
    const path = `jobs/${JOB.id}`;
    assert.deepEqual(server.changes, [
      `PATCH ${path}?ratePerSecond=7`,
      `PATCH ${path}?paused=true`,
      `PATCH ${path}?paused=false`,
      `DELETE ${path}`,
    ]);
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
    const gone = "later → function/not-here, which does not exist: each delivery becomes a dead letter";
    const targets = await dialog.getByRole("list", { name: "Targets" }).innerText();
    assert.ok(targets.includes(gone));
    assert.match(targets, /keep → queue\/failed-orders after 600 s/);
    const past = "It gets its past first: about 1,204 events of the archive orders are yet to be read.";
    assert.ok((await dialog.innerText()).includes(past));
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
    assert.match(await editorOf(page, "Pattern").innerText(), /12345678901234567890/);
  });

  it("says in the sandbox at each key whether the event matches, and what is wrong", async () => {
    await open("sandbox");
    await page.keyboard.press("/");
    await page.keyboard.press("Control+a");
    await page.keyboard.type('{"detail":{"total":[40]}}');
    await see("The event matches the pattern.");
    await see("total: [40]");
    await edit(page, "Pattern", '{"source":"shop"}');
    await see('The pattern is not valid: "source" must be an object or an array');
    await see("There is none before both can be read.");
    assert.deepEqual(await findingsOf(page), []);
    await edit(page, "Pattern", '{"detail":{"totl":[{"exists":true}]},"sorce":["x"]}');
    await see("The pattern matches no event: ");
    await see(/^detail\.totl is missing, and must be/);
    await edit(page, "Event", "{");
    await see(/^The event is not JSON: /);
    assert.equal(await page.getByRole("button", { name: "Ask the rules" }).isDisabled(), true);
    await edit(page, "Event", '{"detail":{"totl":1}}');
    await page.getByRole("button", { name: "Ask the rules" }).click();
    await see("On other buses these rules would match: audit/keep.");
    await edit(page, "Event", '{"detail":{"totl":2}}');
    await see("The event has changed: ask them again.");
    assert.deepEqual(server.changes, []);
  });

  it("edits JSON by the keyboard, marks where it is wrong, and lets the keyboard leave", async () => {
    await open("sandbox");
    const pattern = page.locator(".json-field", { hasText: "Pattern" });
    const field = page.getByRole("textbox", { name: "Pattern" });
    const wrong = () => pattern.locator(".wrong").allInnerTexts();
    await pattern.locator(".cm-lineNumbers").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.press("Control+a");
    await page.keyboard.type('{\n"source": "shop",\n"detail": {"g": ["q"]}\n}');
    await see('The pattern is not valid: "source" must be an object or an array');
    assert.equal(new URL(page.url()).pathname, "/tools/busbar/sandbox");
    assert.deepEqual(await wrong(), ['"shop"']);
    assert.equal(await pattern.locator(".wrong-line").innerText(), "2");
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    assert.deepEqual(await findingsOf(page), []);

    await page.keyboard.press("Control+a");
    await page.keyboard.type('{"source": ["shop"] "detail": {"total": [1]}}');
    await see(/^The pattern is not valid: Unexpected character/);
    assert.deepEqual(await wrong(), ['"detail"']);
    await edit(page, "Pattern", await editorOf(page, "Pattern").innerText());
    assert.deepEqual(await wrong(), ['"detail"'], "pasted over itself");
    await page.keyboard.press("Control+a");
    await page.keyboard.type('{"source": ["shop"]}');
    await pattern.locator(".wrong").waitFor({ state: "detached" });
    assert.equal(await field.getAttribute("aria-invalid"), "false");
    await pattern.locator(".cm-matchingBracket").first().waitFor();

    await page.keyboard.press("Tab");
    await page.keyboard.type("x");
    await see(/^The pattern is not valid: /);
    const isInside = () => page.evaluate("document.activeElement.shadowRoot !== null");
    assert.equal(await isInside(), true);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    assert.equal(await isInside(), false);
  });

  it("takes what is typed before an editor is loaded, and does without one that cannot be", async () => {
    const loading = Promise.withResolvers<undefined>();
    const release = async (route: Route) => {
      await loading.promise;
      await route.continue();
    };
    await page.route("**/json-editor-*.js", release);
    await open("send");
    const plain = page.locator("textarea");
    await plain.fill('{"total":');
    await page.keyboard.type("12}");
    await page.keyboard.press("ArrowLeft");
    loading.resolve(undefined);
    await plain.waitFor({ state: "detached" });
    await page.keyboard.type("0");
    assert.equal(await editorOf(page, "Detail, a JSON object").innerText(), '{"total":120}');
    await page.unroute("**/json-editor-*.js", release);
    await page.route("**/json-editor-*.js", (route) => route.abort());
    await open("send");
    await plain.fill('{"total":1}');
    await page.getByLabel("Detail, a JSON object").press("End");
    await page.keyboard.type(" ");
    assert.equal(await plain.inputValue(), '{"total":1} ');
    await page.unroute("**/json-editor-*.js");
  });

  it("opens the sandbox with an event and what it was not delivered to, and keeps both while other pages are open", async () => {
    await open(`events/${idOf(0)}`);
    await page.getByRole("button", { name: "Open in sandbox with rule huge-orders" }).click();
    await see(/^✕ not matched The event does not match the pattern/);
    const event = await editorOf(page, "Event").innerText();
    assert.match(event, /alert\(1\)/);
    assert.match(await editorOf(page, "Pattern").innerText(), /"numeric"/);
    assert.match(page.url(), /\/sandbox$/);
    await page.goBack();
    await see("Not delivered to");
    await page.getByRole("button", { name: "Open in sandbox", exact: true }).click();
    await see("The event matches the pattern.");
    assert.equal(await editorOf(page, "Event").innerText(), event);
    await edit(page, "Pattern", '{"source":[""]}');
    await page.getByRole("link", { name: "Queues" }).click();
    await see("ACCESS_REFUSED");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("sandb");
    await page.keyboard.press("Enter");
    await see("because of source.");
    assert.equal(await editorOf(page, "Event").innerText(), event);
  });

  it("shows which records of a mapping's call failed, and finds calls by a message's id", async () => {
    await open("mappings?mapping=orders-to-shipper");
    await page.getByRole("link", { name: "all that the journal has" }).click();
    await see("1 of 250 records failed");
    assert.equal(new URL(page.url()).search, "?mapping=orders-to-shipper");
    await page.getByRole("button", { name: "77c1d2b0-91aa-8f03-9a51-6e5d4c3b2a10" }).click();
    const dialog = page.getByRole("dialog", { name: "A call of orders-to-shipper" });
    const failed = dialog.getByRole("listitem").filter({ hasText: "failed" });
    assert.deepEqual(await failed.locator("code").allInnerTexts(), ["message-2"]);
    await dialog.getByText("And 150 more").waitFor();
    await page.keyboard.press("Escape");
    await page.getByLabel("Message id or sequence number").fill("message-2");
    const asked = page.waitForRequest((sent) => sent.url().includes("/happenings/batch"));
    await page.keyboard.press("Enter");
    const { searchParams } = new URL((await asked).url());
    assert.deepEqual(
      ["subject", "record"].map((name) => searchParams.get(name)),
      ["orders-to-shipper", "message-2"],
    );
    assert.equal(new URL(page.url()).search, "?mapping=orders-to-shipper&record=message-2");
  });

  it("disables an event source mapping of the API, and says of a file's where it is", async () => {
    const made = "0d1c9a52-6f0e-4b5d-8a77-2f5d0c7be911";
    await open("mappings");
    await page.getByRole("button", { name: made }).click();
    const dialog = page.getByRole("dialog", { name: made });
    await dialog.getByRole("button", { name: "Disable" }).click();
    await eventually("it is asked for", () => server.changes.length === 1);
    assert.deepEqual(server.changes, [`PUT lambda/event-source-mappings/${made} {"Enabled":false}`]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });

    await page.getByRole("button", { name: "orders-to-shipper" }).click();
    const ofFile = page.getByRole("dialog", { name: "orders-to-shipper" });
    await ofFile.getByText("A file has it (config/functions.yaml:57:3)").waitFor();
    assert.equal(await ofFile.getByRole("button", { name: "Disable" }).count(), 0);
    await page.keyboard.press("Escape");
    await ofFile.waitFor({ state: "detached" });
  });

  it("shows a schedule's next times in its own zone", async () => {
    await open("schedules");
    await page.getByRole("button", { name: "morning-report" }).click();
    const dialog = page.getByRole("dialog", { name: "morning-report" });
    await dialog.getByText("2026-12-10 09:00:00 in Europe/Berlin").waitFor();
    assert.equal(await dialog.getByRole("listitem").count(), 10);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  it("shows what changed with a configuration, which routers run another, and whose circuits are open", async () => {
    await open("routers");
    await see("The routers run 2 different configurations.");
    await open("configuration");
    await see("eventPattern.detail.total: ≥ 100 → ≥ 1000");
    await see("function old was removed");
    await see(/^matched a minute: 2\.3 → [\d.]+$/);
    await open("destinations");
    await see("1 of 2 routers hold it open: busbar-7f9c-x1:1 open, busbar-7f9c-x2:1 closed");
    await open("");
    await see("Routers run different configurations");
  });

  it("puts an event and follows its way", async () => {
    await open("send");
    await page.getByRole("button", { name: "Put the event" }).click();
    await see("The source is missing.");
    assert.deepEqual(server.changes, []);
    await page.getByLabel("Source").fill("shop.checkout");
    await page.getByLabel("Detail type").fill("OrderPlaced");
    await edit(page, "Detail, a JSON object", '{"total":1}');
    await page.getByRole("button", { name: "Copy as aws command" }).click();
    assert.deepEqual(server.changes, [], "copying puts nothing");
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

  it("says which keys of a function are blocked and why, and skips the event of one once it is confirmed", async () => {
    const [oldest, other] = BLOCKED_KEYS;
    await open("destinations#function/stock");
    const card = page.locator(`[id="${ORDERED.destination}"]`);
    const keys = card.getByRole("list", { name: "Blocked keys of function/stock" }).getByRole("listitem");
    assert.equal(await keys.count(), 2);
    const text = await card.innerText();
    for (const shown of ["$.detail.orderId", "block: it is tried on", "3 attempts by then; server error: http://stock"])
      assert.ok(text.includes(shown), text);
    assert.match(await keys.first().innerText(), /u202eright to left.*, blocked since .*, 3 h ago/);
    await keys
      .first()
      .getByRole("link", { name: oldest?.eventId ?? "" })
      .waitFor();
    await keys.first().getByRole("button").click();
    const dialog = page.getByRole("dialog", { name: "Skip an event of function/stock" });
    await dialog.getByText("It becomes a dead letter, which can be redriven").waitFor();
    assert.deepEqual(await findingsOf(page), []);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    assert.deepEqual(server.changes, []);
    try {
      await keys
        .last()
        .getByRole("button", { name: `Skip … ${other?.deliveryId}` })
        .click();
      await dialog.getByRole("button", { name: "Skip it" }).click();
      await dialog.waitFor({ state: "detached" });
      await page.getByText("An event without a key").waitFor({ state: "detached" });
      assert.equal(await keys.count(), 1);
      assert.deepEqual(server.changes, [`DELETE blocked-keys/stock/${other?.deliveryId}`]);
    } finally {
      server.blockedKeys = BLOCKED_KEYS;
    }
  });

  it("disables what its caller may not do, and says which action it lacks", async () => {
    const why = async (name: string | RegExp) => {
      const button = page.getByRole("button", { name }).first();
      // A page can be drawn before it has heard what its caller may do.
      await button.and(page.locator("[disabled]")).waitFor();
      const described = await button.getAttribute("aria-describedby");
      const description = await page.locator(`[id="${described}"]`).textContent();
      return [await button.isDisabled(), await button.getAttribute("title"), description];
    };
    const needs = (action: string) => [true, `Not allowed: it needs ${action}.`, `Not allowed: it needs ${action}.`];
    server.permissions = [
      {
        action: "busbar:PauseDestination",
        on: ["arn:aws:lambda:*:*:function:notifier"],
        except: [],
        isConditional: false,
      },
      { action: "busbar:ChangeJob", on: ["arn:aws:busbar:*:*:job/failed-orders/*"], except: [], isConditional: false },
      { action: "busbar:PeekQueue", on: ["*"], except: ["arn:aws:sqs:*:*:busbar.*"], isConditional: false },
    ];
    try {
      await open("destinations");
      await see("api-destination/crm");
      assert.deepEqual(await why("Pause … api-destination/crm"), needs("busbar:PauseDestination"));
      assert.deepEqual(await why("Resume … function/order-processor"), needs("busbar:ResumeDestination"));
      await see("An event without a key");
      assert.deepEqual(await why(/^Skip … /), needs("busbar:SkipBlockedKey"));
      assert.ok(await page.getByRole("button", { name: "Pause … function/notifier" }).isEnabled());
      await open("dead-letters");
      assert.deepEqual(await why(/^Redrive those of /), needs("busbar:RedriveDeadLetters"));
      await open("queues/failed-orders");
      assert.deepEqual(await why("Receive 10, which hides them"), needs("busbar:ReceiveMessages"));
      assert.ok(await page.getByRole("button", { name: "Peek at the first 10" }).isEnabled());
      await page.goto(`${server.url}queues/busbar.parked`);
      assert.deepEqual(await why("Peek at the first 10"), needs("busbar:PeekQueue"));
      assert.deepEqual(await why("Receive 10, which hides them"), needs("busbar:ReceiveMessages"));
      assert.deepEqual(await why("Move its messages …"), needs("busbar:MoveMessages"));
      await page.getByText("Send a message").click();
      assert.deepEqual(await why("Send"), needs("busbar:SendMessages"));
      await open("live");
      assert.deepEqual(await why("Start"), needs("busbar:TapEvents"));
      await open("send");
      assert.deepEqual(await why("Put the event"), needs("events:PutEvents"));
      await open("test?function=notifier");
      assert.deepEqual(await why("Call it once"), needs("busbar:TestFunction"));
      await open("test?function=notifier&how=event");
      assert.deepEqual(await why("Queue it"), needs("lambda:InvokeFunction"));
      server.jobs = [JOB];
      await open("dead-letters");
      assert.deepEqual(await why(/^Stop: /), needs("busbar:StopJob"));
      assert.ok(await page.getByRole("button", { name: /^Pause: / }).isEnabled());
      assert.deepEqual(await findingsOf(page), []);
    } finally {
      server.permissions = ALL_PERMISSIONS;
    }
  });

  it("shows a queue, receives its messages and says that they are hidden, and sends one, by the keyboard", async () => {
    await open("queues/failed-orders");
    await see(/after 3 receives/);
    await page.getByRole("button", { name: "Receive 10, which hides them" }).press("Enter");
    await see(/Nobody else receives them for 45 s/);
    const summary = page.getByText("Send a message");
    await summary.focus();
    await summary.press("Enter");
    await page.getByRole("button", { name: "Send" }).press("Enter");
    await see("A message needs a body.");
    await page.getByRole("textbox", { name: "Body" }).fill("hello");
    await page.getByLabel("Attributes, one name=value a line").fill("colour=red\nsize=a=b");
    await page.getByLabel("Delay in seconds").fill("5");
    await page.getByLabel("Delay in seconds").press("Enter");
    await see(/^Sent as message /);
    const sent = server.changes.find((change) => change.includes("/messages"));
    const body = JSON.stringify({ body: "hello", attributes: { colour: "red", size: "a=b" }, delaySeconds: 5 });
    assert.equal(sent, `POST queues/failed-orders/messages ${body}`);
  });

  it("sends a message to a FIFO queue with its group and a deduplication id", async () => {
    await page.goto(`${server.url}queues/orders.fifo`);
    await page.getByText("Send a message").click();
    assert.equal(await page.getByLabel("Delay in seconds").count(), 0);
    await page.getByRole("textbox", { name: "Body" }).fill("hello");
    await page.getByRole("button", { name: "Send" }).press("Enter");
    await see(/^A message group has 1 to 128/);
    await page.getByLabel("Message group").fill("customer-1");
    await page.getByLabel("Deduplication id").fill("order-7");
    assert.deepEqual(await findingsOf(page), []);
    await page.getByRole("button", { name: "Send" }).press("Enter");
    await see(/^Sent as message /);
    const sent = server.changes.find((change) => change.includes("queues/orders.fifo/messages"));
    const place = { messageGroupId: "customer-1", messageDeduplicationId: "order-7" };
    const body = JSON.stringify({ body: "hello", attributes: {}, ...place });
    assert.equal(sent, `POST queues/orders.fifo/messages ${body}`);
  });

  it("moves the messages of a queue elsewhere, at a rate, and shows what became of it", async () => {
    const jobsBefore = server.jobs;
    await open("queues/failed-orders");
    const opens = page.getByRole("button", { name: "Move its messages …" });
    await opens.press("Enter");
    await page.getByLabel("Where to").selectOption("foreign");
    await page.getByLabel("Most messages a second").fill("50");
    assert.deepEqual(await findingsOf(page), []);
    await page.getByRole("button", { name: "Move them" }).press("Enter");
    await see("Move of failed-orders");
    await see(/^to foreign/);
    await see("7 messages were moved.");
    await see("1 of them do not say which queue they came from and stay.");
    assert.ok(server.changes.includes("POST queues/failed-orders/move?destination=foreign&ratePerSecond=50 {}"));
    await opens.press("Enter");
    await page.getByRole("button", { name: "Cancel" }).press("Enter");
    await open("dead-letters");
    assert.equal(await page.getByText("Move of failed-orders").count(), 0);
    server.jobs = jobsBefore;
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
  return axeFindings(page);
}

function axeFindings(page: Page): Promise<string[]> {
  return page.evaluate(`axe.run({ resultTypes: ["violations"] }).then(({ violations }) =>
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
