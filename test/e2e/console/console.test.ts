import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { eventually } from "../../contract/waiting.ts";
import { findChromium, NO_CHROMIUM, startChromium } from "../../support/console/chromium.ts";
import { ROOT } from "../../support/router/checkout.ts";
import { edit } from "../../support/console/json-editor.ts";
import { suiteEndings } from "../../support/endings.ts";
import { RecordingFunction, succeed } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

const executable = await findChromium();
const PATH = "/tools/busbar/";

describe("The console in a browser, beside a router", { skip: executable === undefined && NO_CHROMIUM }, () => {
  let router: Router;
  let page: Page;
  let consoleUrl: string;
  /** Without the rule "huge", and with two others. */
  let laterConfig: string;
  let isMended = false;
  const endings = suiteEndings();
  const wrong: string[] = [];

  before(async () => {
    await promisify(execFile)(process.execPath, [join(ROOT, "console/build-if-stale.ts")], { cwd: ROOT });
    const crm = await RecordingFunction.start((call, response) => {
      if (isMended) return succeed(call, response);
      response.writeHead(400, { "content-type": "application/json" }).end('{"error":"unknown field <b>total</b>"}');
    });
    endings.after(() => crm.stop());
    const base = `
journal: { bodies: all }
queues: { failed: {}, orders: {} }
functions:
  crm: { http: { url: "${crm.url}" }, deadLetterConfig: { queue: failed } }
rules:
  to-crm: { eventPattern: { source: [shop] }, targets: { crm: { function: crm } } }
  fragile: { eventPattern: { source: [fragile] }, targets: { crm: { function: crm } } }
  to-orders: { eventPattern: { source: [shop] }, targets: { orders: { queue: orders } } }
`;
    const config = `${base}
  huge: { eventPattern: { source: [shop], detail: { total: [{ numeric: [">=", 1000] }] } }, targets: { crm: { function: crm } } }
`;
    laterConfig = `${base}
  late: { eventPattern: { source: [shop], detail: { total: [{ numeric: ["<", 20] }] } }, targets: { crm: { function: crm } } }
  today: { eventPattern: { source: [shop] }, targets: { orders: { queue: orders } } }
`;
    router = await Router.start({ config, env: { BUSBAR_CONSOLE_PORT: "0", BUSBAR_CONSOLE_PATH: PATH } });
    endings.after(() => router.remove());
    consoleUrl = String(router.log.find(({ msg }) => msg === "listening")?.["consoleUrl"]);
    const browser = await startChromium(executable ?? "", endings);
    page = browser.pages()[0] ?? (await browser.newPage());
    page.setDefaultTimeout(20_000);
    page.on("request", (request) => {
      if (!request.url().startsWith(consoleUrl)) wrong.push(`asked ${request.url()}`);
    });
    page.on("dialog", (dialog) => wrong.push(`ran a script: ${dialog.message()}`));
    page.on("pageerror", (error) => wrong.push(`threw ${error.message}`));
    page.on("console", (message) => {
      if (/Content Security Policy|Trusted/.test(message.text())) wrong.push(message.text());
    });
  });
  after(() => assert.deepEqual(wrong, [], "no request elsewhere, no error, no violation of the policy"));

  const see = (text: string | RegExp) => page.getByText(text).first().waitFor();

  it("finds an event by its id, says why it failed and why it went nowhere else, and redrives it, by keyboard", async () => {
    const { eventIds } = await router.put([{ source: "shop", detail: { total: 20 } }]);
    await eventually("it is a dead letter", async () => (await router.depth("failed")) === 1);
    await page.goto(consoleUrl);
    assert.ok(consoleUrl.endsWith(PATH), consoleUrl);
    await see("1 dead letter in failed");
    await page.keyboard.press("Control+k");
    await page.keyboard.type(eventIds[0] ?? "");
    await page.keyboard.press("Enter");
    await see("Delivered to 1 of 2 targets. function/crm failed for good with 400 and is in failed.");
    await see('"error": "unknown field <b>total</b>"');
    await page.getByText("detail.total is 20, and must be").waitFor();

    isMended = true;
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.getByRole("row", { name: /function\/crm/ }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await see("1 dead letter is selected.");
    await tabTo("Redrive 1 dead letter");
    await page.keyboard.press("Enter");
    await see("1 dead letter was redriven, of 1 message that was read.");
    await eventually("it has left the queue", async () => (await router.depth("failed")) === 0);
    await page.goto(`${consoleUrl}events/${eventIds[0] ?? ""}`);
    await see("Delivered to both targets.");
    await page.locator("summary", { hasText: "function/crm" }).click();
    await see("redriven from failed to its target by job");
    const link = page.locator(".consequences").getByRole("link", { name: /^[0-9a-f-]{36}$/ });
    const jobId = (await link.textContent()) ?? "";
    await link.click();
    const card = page.getByRole("article", { name: "Redrive of failed" });
    await card.getByText(jobId).waitFor();
    assert.equal(await card.count(), 1);
  });

  it("redrives one dead letter, waits for its outcome, and then the others at a rate, through a reload", async () => {
    isMended = false;
    const entries = Array.from({ length: 40 }, (_, n) => ({ source: "fragile", detail: { n } }));
    for (let at = 0; at < entries.length; at += 10) await router.put(entries.slice(at, at + 10));
    await eventually("they are dead letters", async () => (await router.depth("failed")) === 40, 30_000);
    isMended = true;
    await page.goto(`${consoleUrl}dead-letters?queue=failed`);
    await page.getByRole("button", { name: "Redrive all …" }).click();
    await see("40 dead letters are selected.");
    await page.getByLabel("Most dead letters a second").fill("1");
    await page.getByRole("button", { name: "Redrive one first" }).click();
    await see("It was delivered. Now the others.");
    await page.getByRole("button", { name: "Redrive the other 39 dead letters" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const card = page.getByRole("article", { name: "Redrive of failed" }).first();
    await card.getByText("Running").waitFor();
    await page.reload();
    await card.getByRole("button", { name: "Pause" }).click();
    await card.getByText("Paused").waitFor();
    await eventually("it holds nothing", async () => (await router.depth("failed")) > 20);
    await card.getByLabel("Most a second").fill("1000");
    await card.getByRole("button", { name: "Set the rate" }).click();
    await card.getByRole("button", { name: "Resume" }).click();
    await card.getByText(/^39 dead letters were redriven/).waitFor();
    await eventually("all have left the queue", async () => (await router.depth("failed")) === 0);
  });

  it("puts an event and follows its way to the end", async () => {
    await page.goto(`${consoleUrl}send`);
    await page.getByLabel("Source").fill("shop");
    await page.getByLabel("Detail type").fill("<img src=x onerror=alert(1)>");
    await edit(page, "Detail, a JSON object", `{"total":5000,"note":"${"x".repeat(100_000)}\\ud800"}`);
    await page.getByRole("button", { name: "Put the event" }).click();
    await see("Delivered to all 3 targets.");
    await page
      .getByRole("heading", { level: 2, name: /^Event / })
      .getByRole("link")
      .click();
    await page.getByRole("heading", { level: 1, name: "<img src=x onerror=alert(1)>" }).waitFor();
  });

  it("says that nobody gets an event that no rule matches, and what the nearest rules miss", async () => {
    await page.goto(`${consoleUrl}events?outcome=unmatched`);
    await see("No event fits the filter");
    const { eventIds } = await router.put([{ source: "Shop", detail: {} }]);
    await page.getByRole("button", { name: "There are newer events. Show them" }).click();
    await page.locator(`a[title="${eventIds[0] ?? ""}"]`).click();
    await see("No rule matched it, so nobody gets it.");
    await page
      .getByText(/source is "Shop", and must be "shop"/)
      .first()
      .waitFor();
  });

  it("pauses a destination and resumes it", async () => {
    const paused = async () => {
      const response = await fetch(`${router.adminUrl}/api/v1/paused`);
      return ((await response.json()) as { paused: unknown[] }).paused.length;
    };
    await page.goto(`${consoleUrl}destinations`);
    await page.getByRole("button", { name: "Pause … function/crm" }).click();
    await page.getByLabel("Reason").fill("moving the database");
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await see(/Paused since .*: moving the database/);
    assert.equal(await paused(), 1);
    await page.getByRole("button", { name: "Resume … function/crm" }).click();
    await page.getByRole("button", { name: "Resume", exact: true }).click();
    await page.getByRole("button", { name: "Pause … function/crm" }).waitFor();
    assert.equal(await paused(), 0);
  });

  it("shows what is in a queue without taking it out", async () => {
    const depth = await router.depth("orders");
    await page.goto(`${consoleUrl}queues`);
    await page.getByRole("link", { name: "orders" }).click();
    await page.getByRole("button", { name: /^Peek/ }).click();
    await see(`${depth} messages, which are all`);
    assert.equal(await router.depth("orders"), depth);
  });

  it("says what an event was not delivered to by the rules that it met, after others have come into force", async () => {
    const { eventIds } = await router.put([{ source: "shop", detail: { total: 20 } }]);
    const notDelivered = page.locator("section", { has: page.getByRole("heading", { name: "Not delivered to" }) });
    const rules = async () => (await notDelivered.getByRole("heading", { level: 3 }).allInnerTexts()).map(firstWord);
    await page.goto(`${consoleUrl}events/${eventIds[0] ?? ""}`);
    await notDelivered.getByText("By the configuration in force when it was put, and now, 2 rules of bus").waitFor();
    const before = await rules();
    assert.deepEqual(before, ["huge", "fragile"]);

    await router.configure(laterConfig);
    await eventually("it is in force", async () => (await countRules()) === 5);
    await page.reload();
    await notDelivered.getByText(/By the configuration in force when it was put, [0-9a-f]{16} since/).waitFor();
    await notDelivered.getByText("Today today would match it too.").waitFor();
    assert.deepEqual(await rules(), before);
    await notDelivered.getByRole("button", { name: "Open in sandbox with rule huge" }).click();
    await see("because of detail.total.");
    const later = await router.put([{ source: "shop", detail: { total: 20 } }]);
    await page.goto(`${consoleUrl}events/${later.eventIds[0] ?? ""}`);
    await notDelivered.getByText("By the configuration in force when it was put, and now, 3 rules of bus").waitFor();
    assert.deepEqual(await rules(), ["late", "fragile"]);
  });

  it("shows a configuration that was refused, with its problems, until one is taken over", async () => {
    await router.configure("rules: { broken: { eventPattern: {} } }\n");
    await page.goto(consoleUrl);
    await see(/A configuration was refused/);
    await page.getByRole("link", { name: /^See the problems/ }).click();
    await page
      .getByText(/busbar\.yaml:1/)
      .first()
      .waitFor();
  });

  async function countRules(): Promise<number> {
    const response = await fetch(`${router.adminUrl}/api/v1/rules`);
    return ((await response.json()) as { rules: unknown[] }).rules.length;
  }

  async function tabTo(text: string): Promise<void> {
    for (let presses = 0; presses < 20; presses++) {
      if ((await page.evaluate("document.activeElement.textContent")) === text) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`Tab does not come to "${text}"`);
  }
});

const firstWord = (text: string) => text.split(" ")[0];
