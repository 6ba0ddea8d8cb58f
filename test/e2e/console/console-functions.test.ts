import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { type BrowserPage, builtConsole, IN_A_BROWSER, openBrowser } from "../../support/console/browser-page.ts";
import { edit, editorOf } from "../../support/console/json-editor.ts";
import { suiteEndings } from "../../support/endings.ts";
import { serveScriptedConsole, type ScriptedConsole } from "../../support/console/scripted-console.ts";

describe("The console's pages about functions and rules", IN_A_BROWSER, () => {
  let server: ScriptedConsole;
  let page: BrowserPage["page"];
  let see: BrowserPage["see"];
  const endings = suiteEndings();
  const wrong: string[] = [];

  before(async () => {
    server = await serveScriptedConsole(await builtConsole(endings));
    endings.after(() => server.stop());
    ({ page, see } = await openBrowser(endings, server.url, wrong));
  });
  beforeEach(() => {
    server.changes.length = 0;
  });
  after(() => assert.deepEqual(wrong, [], "no error, no violation of the content security policy"));

  it("call a function once, and show its answer and its log as text", async () => {
    await page.goto(`${server.url}destinations`);
    await page.getByRole("link", { name: "Test function/order-processor" }).click();
    await page.waitForURL(/test\?function=order-processor$/);
    await edit(page, "Payload", "{");
    await see(/^The payload is not JSON: /);
    assert.equal(await page.getByRole("button", { name: "Call it once" }).isDisabled(), true);
    await page.getByLabel("Fill in").selectOption("a detail");
    assert.match(await editorOf(page, "Payload").innerText(), /"orderId": "o-1"/);
    await page.getByRole("button", { name: "Call it once" }).click();
    await see("The function answered with 200 in 212 ms.");
    assert.match(await page.getByLabel("What it answered").innerText(), /<script>alert\(1\)<\/script>/);
    assert.match(await page.getByLabel("Its log").innerText(), /out {2}looking at <script>[^]*err {2}and complaining/);
    await see("3 lines before these are left out.");
    await see("This is the beginning of 300,000 bytes.");
    assert.deepEqual(server.changes, ['POST functions/order-processor/test {\n  "orderId": "o-1",\n  "total": 120\n}']);

    await edit(page, "Payload", '{"outcome":"server_error"}');
    await page.getByRole("button", { name: "Call it once" }).click();
    await see(/The target answered with a server error \(200\) in 212 ms: /);
    await edit(page, "Payload", '{"outcome":"never"}');
    await page.getByRole("button", { name: "Call it once" }).click();
    await see("A router calls the function …");
    assert.equal(await page.getByRole("button", { name: "Call it once" }).isDisabled(), true);
  });

  it("call a function by Invoke, and show its answer, its error and its log as text, or why it was not called", async () => {
    await page.goto(`${server.url}test?function=order-processor`);
    await page.getByLabel("How to call it").selectOption("Invoke, at once");
    await page.waitForURL(/test\?function=order-processor&how=invoke$/);
    const button = page.getByRole("button", { name: "Invoke it" });
    const facts = () => page.locator(".facts").innerText();
    await edit(page, "Payload", '{"orderId":"o-1"}');
    await button.click();
    await see("The function answered.");
    assert.match(await facts(), /Status\n200\nExecuted version\n\$LATEST\nAnswered after\n[^]*\nRequest id\n/);
    const shown = await page.getByLabel("What it answered").innerText();
    assert.match(shown, /^\{\n {2}"seen": ".*<script>alert\(1\)<\/script>/);
    assert.match(
      await page.getByLabel("Its log").innerText(),
      /START RequestId: [^]*looking at <script>[^]*END RequestId/,
    );
    assert.deepEqual(server.changes, [
      'POST lambda/functions/order-processor/invocations RequestResponse {"orderId":"o-1"}',
    ]);

    await edit(page, "Payload", '{"outcome":"failed"}');
    await button.click();
    await see("The function reported an error, or did not come to an end.");
    assert.match(await facts(), /Function error\nUnhandled\n/);
    assert.match(await page.getByLabel("What it answered").innerText(), /"errorType": "ValueError"/);
    await see(/^No line is known\./);

    await edit(page, "Payload", '{"outcome":"busy"}');
    await button.click();
    await see("Rate Exceeded.");
    await see("TooManyRequestsException");
    assert.equal(await page.locator(".facts").count(), 0);

    server.changes.length = 0;
    await page.getByLabel("How to call it").selectOption("Invoke as an event");
    await page.getByRole("button", { name: "Queue it" }).click();
    await see("The payload is in the function's queue.");
    assert.match(await facts(), /Status\n202\n/);
    assert.equal(await page.getByLabel("What it answered").count(), 0);
    assert.deepEqual(server.changes, ['POST lambda/functions/order-processor/invocations Event {"outcome":"busy"}']);

    await page.getByLabel("How to call it").selectOption("Invoke, at once");
    await edit(page, "Payload", '{"outcome":"never"}');
    await button.click();
    await see("A router has the call …");
    assert.equal(await button.isDisabled(), true);
  });

  it("draw the rules around one thing, lead on from node to node by the keyboard, and say the same in a table", async () => {
    await page.goto(`${server.url}rules`);
    await page.getByRole("link", { name: "As a graph" }).click();
    await see("252 rules are too many for one picture.");
    await page.getByRole("table").getByRole("link", { name: "huge-orders" }).click();
    await page.waitForURL(/focus=rule%2Fdefault%2Fhuge-orders$/);
    const rule = page.getByRole("link", { name: "rule huge-orders: something failed in the last hour" });
    await rule.waitFor();
    assert.equal(await page.locator(".edge.failing").count(), 1);
    assert.equal(await page.locator(".edge").count(), 5);
    const row = page.getByRole("row", { name: /huge-orders/ });
    assert.match(await row.innerText(), /1,234[^]*20,000[^]*34 failed/);

    const fraud = page.getByRole("link", { name: /^destination function\/fraud-check/ });
    await fraud.focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/focus=destination%2Ffunction%2Ffraud-check$/);
    await page.getByRole("heading", { name: "Rules around function/fraud-check" }).waitFor();
    await page.getByRole("link", { name: /^bus default/ }).click();
    await see("Of 251 rules, the 150 busiest are drawn. The table has all.");
    await page.goBack();
    await page.getByRole("heading", { name: "Rules around function/fraud-check" }).waitFor();
  });

  it("try a pattern against the last thousand events, and show the few that differ", async () => {
    await page.goto(`${server.url}sandbox`);
    const marked = (list: string) => page.getByRole("list", { name: list, exact: true }).innerText();
    assert.match(await marked("Fields as they are"), /✕[^]*detail\.total 40[^]*✓[^]*source "shop\.checkout"/);
    assert.match(await marked("Fields as they are asked for"), /✕[^]*detail\.total \{"numeric":\[">=",100\]\}[^]*✓/);
    await page.getByRole("button", { name: "Try the last 1,000" }).click();
    await see("50 of 1,000 events match. The newest 20 that match:");
    await edit(page, "Pattern", '{"detail":{"total":[{"numeric":["<",100]}]}}');
    await see("950 of 1,000 events match. The newest 20 that do not:");
    await see("because of detail.total");
    await page
      .getByRole("button", { name: /^Use this event/ })
      .first()
      .click();
    await see("because of detail.total.");
    assert.match(await editorOf(page, "Event").innerText(), /"total": 120/);
    await edit(page, "Pattern", '{"source":["none"]}');
    await see("0 of 1,000 events match.");
    await page.getByRole("textbox", { name: "Bus" }).fill("audit");
    await see("These are of bus default: read them anew.");
    assert.deepEqual(server.changes, []);
  });

  it("have a filter by an indexed field in the address of the events", async () => {
    await page.goto(`${server.url}events`);
    await page.getByLabel("Field").fill("detail.orderId:o-1");
    await page.keyboard.press("Enter");
    await page.waitForURL(/events\?field=detail\.orderId%3Ao-1$/);
  });
});
