import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, beforeEach, describe, it } from "node:test";
import { type BrowserPage, builtConsole, IN_A_BROWSER, openBrowser } from "../../support/console/browser-page.ts";
import { suiteEndings } from "../../support/endings.ts";
import { serveScriptedConsole, type ScriptedConsole } from "../../support/console/scripted-console.ts";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const TOKEN = "secret-token";

describe("Signing in on the console's page", IN_A_BROWSER, () => {
  let server: ScriptedConsole;
  let browser: BrowserPage["browser"];
  let page: BrowserPage["page"];
  let see: BrowserPage["see"];
  const endings = suiteEndings();
  const wrong: string[] = [];

  before(async () => {
    server = await serveScriptedConsole(await builtConsole(endings));
    endings.after(() => server.stop());
    ({ browser, page, see } = await openBrowser(endings, server.url, wrong));
    page.setDefaultTimeout(10_000);
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url)) wrong.push(`asked ${request.url()}`);
      if (request.url().includes(TOKEN)) wrong.push(`a token in ${request.url()}`);
    });
  });
  beforeEach(async () => {
    await browser.clearCookies();
    await page.setViewportSize({ width: 1280, height: 900 });
    Object.assign(server, { token: TOKEN, ways: { issuer: "Example people" } });
    Object.assign(server.renewal, { works: false, asked: 0 });
  });
  after(() => assert.deepEqual(wrong, [], "no request elsewhere, no token in an address, no script, no violation"));

  for (const theme of ["light", "dark"] as const) {
    for (const width of [1280, 320]) {
      it(`has no finding of axe and no sideways scroll in the ${theme} theme at ${width} px`, async () => {
        await page.emulateMedia({ colorScheme: theme });
        await page.setViewportSize({ width, height: 900 });
        for (const [path, text] of [
          ["queues", "Or a bearer token"],
          ["queues#sign-in=refused", "Example people refused the sign-in, or it was cancelled there."],
        ] as const) {
          await page.goto("about:blank");
          await page.goto(server.url + path);
          await see(text);
          await page.evaluate(AXE);
          assert.deepEqual(
            await page.evaluate("axe.run().then(({ violations }) => violations.map(({ id }) => id))"),
            [],
          );
          assert.equal(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0);
        }
      });
    }
  }

  it("takes a token by the keyboard, keeps it where no script reads it, and goes on where it was", async () => {
    await page.goto(`${server.url}queues?filter=x`);
    await see("Or a bearer token");
    assert.equal(await page.evaluate("document.activeElement.id"), "main");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate("document.activeElement.textContent"), "Sign in with Example people");
    await page.keyboard.press("Tab");
    await page.keyboard.type("wrong");
    await page.keyboard.press("Enter");
    await see("The bearer token is not valid.");
    await page.getByLabel("bearer token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await see("ACCESS_REFUSED");
    assert.ok(page.url().endsWith("queues?filter=x"), page.url());
    const readable = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])";
    assert.doesNotMatch(await page.evaluate<string>(readable), /secret|session/);
    await page.reload();
    await see("ACCESS_REFUSED");
    await see("issuer/people/ada");
  });

  it("has a way to sign out in the rail, on a narrow screen too, which forgets the session", async () => {
    await signIn();
    await page.setViewportSize({ width: 320, height: 900 });
    await page.getByRole("button", { name: "Sign out" }).click();
    await see("Or a bearer token");
    assert.equal(await page.getByRole("button", { name: "Sign out" }).count(), 0);
    assert.deepEqual(await browser.cookies(), []);
  });

  it("renews a session that has ended once for all that asks, and shows the sign-in where it cannot", async () => {
    await signIn();
    server.token = "another-token";
    server.renewal.works = true;
    server.renewal.asked = 0;
    await page.getByRole("link", { name: "Destinations" }).click();
    await see("api-destination/crm");
    assert.equal(server.renewal.asked, 1);
    Object.assign(server, { token: "a-third-token" });
    server.renewal.works = false;
    await page.getByRole("link", { name: "Queues" }).click();
    await see("Or a bearer token");
    await page.getByLabel("bearer token").fill("a-third-token");
    await page.keyboard.press("Enter");
    await see("ACCESS_REFUSED");
  });

  it("says why a sign-in with the issuer failed, by a word that it knows, and shows nothing else of an address", async () => {
    await page.goto(`${server.url}queues`);
    await page.getByRole("button", { name: "Sign in with Example people" }).click();
    await see("It does not answer.");
    for (const [fragment, text] of [
      ["#sign-in=unavailable", "Example people did not answer the console. Try again in a moment."],
      ["#sign-in=not-accepted", "Example people knows you, but routers do not accept its token."],
    ] as const) {
      await page.goto("about:blank");
      await page.goto(`${server.url}queues${fragment}`);
      await see(text);
      assert.ok(page.url().endsWith("queues"), page.url());
    }
    for (const fragment of ["#sign-in=<img src=x onerror=alert(1)>", "#sign-in=constructor", "#sign-in=hacked-text"]) {
      await page.goto("about:blank");
      await page.goto(server.url + fragment);
      await see("Or a bearer token");
      assert.equal(await page.getByRole("alert").count(), 0);
    }
  });

  it("says so where nobody can sign in, and takes no token there", async () => {
    server.ways = { problem: "Signing in needs HTTPS." };
    await page.goto(server.url);
    await see("Signing in needs HTTPS.");
    assert.equal(await page.getByLabel("bearer token").count(), 0);
  });

  async function signIn(): Promise<void> {
    await page.goto(`${server.url}queues`);
    await page.getByLabel("bearer token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await see("ACCESS_REFUSED");
  }
});
