import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { promisify } from "node:util";
import type { BrowserContext, Page } from "playwright-core";
import { eventually } from "../../contract/waiting.ts";
import { Authority } from "../../support/http/certificates.ts";
import { findChromium, NO_CHROMIUM, startChromium } from "../../support/console/chromium.ts";
import { ROOT } from "../../support/router/checkout.ts";
import { ConsoleProcess } from "../../support/console/console-process.ts";
import { suiteEndings } from "../../support/endings.ts";
import { freePorts } from "../../support/http/free-ports.ts";
import { serveHttp } from "../../support/http/http-target.ts";
import { CLIENT_ID, CLIENT_SECRET, GROUP, OidcIssuer } from "../../support/console/oidc-issuer.ts";
import { Router } from "../../support/router/router.ts";

const executable = await findChromium();
const PATH = "/tools/busbar/";
const TOKEN = "the-token-of-the-operators";
const KEY = Buffer.alloc(32, 7).toString("base64");
const CONFIG = `
journal: {}
queues: { orders: {} }
rules: { all: { eventPattern: { source: [shop] }, targets: { orders: { queue: orders } } } }
`;

describe("Signing in to the console in a browser", { skip: executable === undefined && NO_CHROMIUM }, () => {
  let router: Router;
  /** Below a path, with HTTPS of its own. */
  let secureUrl: string;
  let consoles: readonly ConsoleProcess[];
  let issuer: OidcIssuer;
  let browser: BrowserContext;
  let page: Page;
  const endings = suiteEndings();
  const wrong: string[] = [];

  before(async () => {
    await promisify(execFile)(process.execPath, [join(ROOT, "console/build-if-stale.ts")], { cwd: ROOT });
    const [securePort = 0, ...ports] = await freePorts(3);
    secureUrl = `https://localhost:${securePort}${PATH}`;
    const plainUrls = ports.map((port) => `http://127.0.0.1:${port}/`);
    issuer = await OidcIssuer.start({ consoles: [secureUrl, ...plainUrls], idTokenSeconds: 4 });
    endings.after(() => issuer.stop());
    const { certFile, keyFile } = await (await Authority.create(endings)).issue("console");
    const folder = await mkdtemp(join(tmpdir(), "busbar-sign-in-"));
    endings.after(() => rm(folder, { recursive: true, force: true }));
    const [data, secretFile, accessFile] = ["data", "client-secret", "access.yaml"].map((name) => join(folder, name));
    await writeFile(secretFile ?? "", CLIENT_SECRET);
    await writeFile(accessFile ?? "", accessOf(issuer.url));
    const access = { BUSBAR_ACCESS_KEYS_FILE: accessFile ?? "" };
    router = await Router.start({ config: CONFIG, env: access, data: data ?? "" });
    endings.after(() => router.remove());
    const env = {
      ...access,
      BUSBAR_DATA: data ?? "",
      BUSBAR_CONSOLE_COOKIE_KEY: KEY,
      BUSBAR_CONSOLE_OIDC_ISSUER: issuer.url,
      BUSBAR_CONSOLE_OIDC_CLIENT_ID: CLIENT_ID,
      BUSBAR_CONSOLE_OIDC_CLIENT_SECRET_FILE: secretFile ?? "",
      BUSBAR_CONSOLE_OIDC_NAME: "Test people",
    };
    const start = async (port: number, more: Record<string, string> = {}) => {
      const started = await ConsoleProcess.start("embedded", router, { port, env: { ...env, ...more } });
      endings.after(() => started.remove());
      return started;
    };
    consoles = await Promise.all(ports.map((port) => start(port)));
    await start(securePort, {
      BUSBAR_TLS_CERT_FILE: certFile,
      BUSBAR_TLS_KEY_FILE: keyFile,
      BUSBAR_CONSOLE_PATH: PATH,
    });
    browser = await startChromium(executable ?? "", endings, { ignoreHTTPSErrors: true });
    page = browser.pages()[0] ?? (await browser.newPage());
    page.setDefaultTimeout(20_000);
    page.on("dialog", (dialog) => wrong.push(`ran a script: ${dialog.message()}`));
    page.on("pageerror", (error) => wrong.push(`threw ${error.message}`));
    page.on("request", (request) => {
      // Tokens are JSON in base64, or the one of the file.
      if (/eyJ|the-token-of/.test(request.url())) wrong.push(`a token in ${request.url()}`);
    });
    page.on("console", (message) => {
      if (/Content Security Policy|Trusted/.test(message.text())) wrong.push(message.text());
    });
  });
  beforeEach(() => browser.clearCookies());
  after(() => assert.deepEqual(wrong, [], "no token in an address, no error, no violation of the policy"));

  const see = (text: string | RegExp) => page.getByText(text).first().waitFor();

  it("goes to the issuer and back to the page that was asked for, and stays through the end of tokens", async () => {
    await page.goto(`${secureUrl}queues`);
    await page.getByRole("button", { name: "Sign in with Test people" }).click();
    await page.getByLabel("Name").fill("ada");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "orders" }).waitFor();
    assert.equal(page.url(), `${secureUrl}queues`);
    await see("issuer/people/ada");
    const kept = (await browser.cookies()).filter(({ name }) => name.includes("busbar"));
    assert.deepEqual(
      kept.map(({ name, path, httpOnly, secure, sameSite }) => [name, path, httpOnly, secure, sameSite]),
      [["__Secure-busbar-session", PATH, true, true, "Strict"]],
    );
    assert.equal(await page.evaluate("document.cookie + Object.keys(sessionStorage).join()"), "");

    const renewal = page.waitForResponse((response) => response.url().endsWith("/session/renewal"));
    while ((await page.evaluate<number>(`fetch("${PATH}api/v1/me").then(({ status }) => status)`)) !== 401);
    await page.getByRole("link", { name: "Rules" }).click();
    assert.equal((await renewal).status(), 200);
    await page.getByRole("button", { name: "all", exact: true }).waitFor();
    assert.notEqual((await browser.cookies()).find(({ path }) => path === PATH)?.value, kept[0]?.value);

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL((url) => url.origin === issuer.url);
    await page.goto(`${secureUrl}queues`);
    await page.getByRole("button", { name: "Sign in with Test people" }).waitFor();
  });

  it("is signed in to every console with the key, by a token too, and signs out", async () => {
    const [first, second] = consoles.map(({ url }) => url);
    await page.goto(`${first}/queues`);
    await page.getByLabel("bearer token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "orders" }).waitFor();
    await page.goto(`${second}/rules`);
    await page.getByRole("button", { name: "all", exact: true }).waitFor();
    await see("bearer-token/operators");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("bearer token").waitFor();
    await page.goto(`${first}/queues`);
    await page.getByLabel("bearer token").waitFor();
  });

  it("comes back with what went wrong where the sign-in is cancelled at the issuer", async () => {
    await page.goto(`${consoles[0]?.url}/rules?bus=default`);
    await page.getByRole("button", { name: "Sign in with Test people" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await see("Test people refused the sign-in, or it was cancelled there.");
    assert.ok(page.url().endsWith("/rules?bus=default"), page.url());
  });

  it("does nothing for a page of another site or port, with the cookie in the browser", async () => {
    const [first] = consoles.map(({ url }) => url);
    await page.goto(`${first}/queues`);
    await page.getByLabel("bearer token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "orders" }).waitFor();
    // Another port is the same site: a strict cookie goes along.
    const neighbour = await serveHttp((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Another</title>");
    });
    endings.after(() => neighbour.stop());
    await page.goto(neighbour.url);
    const network = await browser.newCDPSession(page);
    await network.send("Network.enable");
    const statuses: number[] = [];
    network.on("Network.responseReceivedExtraInfo", ({ statusCode }) => statuses.push(statusCode));
    const purge = `${first}/api/v1/queues/orders/purge`;
    for (const init of [
      `mode: "no-cors", headers: { "content-type": "text/plain" }`,
      `headers: { "content-type": "application/json" }`,
    ]) {
      await page.evaluate(
        `fetch("${purge}", { method: "POST", credentials: "include", body: "{}", ${init} }).then(() => 0, () => 0)`,
      );
    }
    // 401 would say that there was no cookie.
    await eventually("the console has refused it", () => statuses.includes(403));
    const script = await fetch(purge, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } });
    assert.equal(script.status, 200);
    const purges = () => router.log.filter(({ action }) => action === "busbar:PurgeQueue");
    await eventually("the router has logged the script's purge", () => purges().length > 0);
    assert.equal(purges().length, 1);
  });
});

function accessOf(issuerUrl: string): string {
  return `
bearerTokens:
  operators: { tokens: [${TOKEN}], policies: [everything] }
issuers:
  people:
    issuer: ${issuerUrl}
    audience: ${CLIENT_ID}
    clockToleranceSeconds: 0
    grants: [{ claim: groups, values: [${GROUP}], policies: [everything] }]
policies:
  everything: { statements: [{ effect: Allow, action: "*", resource: "*" }] }
`;
}
