import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { type BrowserPage, builtConsole, IN_A_BROWSER, openBrowser } from "../../support/console/browser-page.ts";
import { ALL_PERMISSIONS, type ScriptedConsole, serveScriptedConsole } from "../../support/console/scripted-console.ts";
import { suiteEndings } from "../../support/endings.ts";

describe("Replays on the console's page", IN_A_BROWSER, () => {
  let server: ScriptedConsole;
  let page: BrowserPage["page"];
  const endings = suiteEndings();
  const wrong: string[] = [];

  before(async () => {
    server = await serveScriptedConsole(await builtConsole(endings));
    endings.after(() => server.stop());
    ({ page } = await openBrowser(endings, server.url, wrong));
    page.setDefaultTimeout(10_000);
  });
  beforeEach(() => {
    server.changes.length = 0;
    server.permissions = ALL_PERMISSIONS;
  });
  after(() => assert.deepEqual(wrong, []));

  const dialog = () => page.getByRole("dialog");
  const replay = (name: string | RegExp) => dialog().getByRole("button", { name, exact: true });
  const openDialog = async () => {
    await page.goto(`${server.url}archives`);
    await page.getByRole("button", { name: "Replay everything" }).click();
  };

  it("A replay is counted before it can be started, and counted again when it is changed", async () => {
    await openDialog();
    assert.equal(await replay("Replay").isDisabled(), true);
    await dialog().getByRole("button", { name: "Count" }).click();
    await dialog().getByText("31 events would be sent.").waitFor();
    await dialog().getByText("default/big-orders gets 31, default/all-orders gets 12.").waitFor();
    await dialog().getByLabel("only where the journal has no success").check();
    assert.equal(await replay("Replay").isDisabled(), true);
    await dialog().getByRole("button", { name: "Count" }).click();
    await dialog().getByText("3 events left out: the journal cannot say whether they were delivered.").waitFor();
    await dialog().getByLabel("Name").fill("after-the-fix");
    await dialog().getByLabel("Only these rules").fill("big-orders, all-orders");
    await dialog().getByLabel("and where it cannot say").check();
    await dialog().getByLabel("Most events a second").fill("50");
    await dialog().getByRole("button", { name: "Count" }).click();
    assert.deepEqual(server.changes, []);
    await replay("Replay 5 events").click();
    await page.getByRole("heading", { name: "Replays", level: 1 }).waitFor();
    const [change = "", ...others] = server.changes;
    assert.deepEqual(others, []);
    const query = new URLSearchParams(/^POST archives\/everything\/replays\?(\S+)/.exec(change)?.[1]);
    const { from: _from, to: _to, ...asked } = Object.fromEntries(query);
    assert.deepEqual(asked, {
      name: "after-the-fix",
      rules: "big-orders,all-orders",
      onlyUndelivered: "true",
      unknownToo: "true",
      ratePerSecond: "50",
    });
  });

  it("Who may count and not start is told what is missing, for the archive that a policy names", async () => {
    const on = ["arn:aws:events:us-east-1:000000000000:archive/everything"];
    server.permissions = [
      { action: "busbar:ListArchives", on: ["*"], except: [], isConditional: false },
      { action: "busbar:CountReplay", on, except: [], isConditional: false },
    ];
    await openDialog();
    await dialog().getByRole("button", { name: "Count" }).click();
    await dialog().getByText("31 events would be sent.").waitFor();
    const start = replay(/^Replay 31 events/);
    assert.equal(await start.isDisabled(), true);
    assert.match((await start.getAttribute("title")) ?? "", /it needs events:StartReplay/);
  });
});
