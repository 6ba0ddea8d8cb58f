import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import type { Credentials, TokenIssuer } from "../../../src/domain/access/credentials.ts";
import { suiteEndings } from "../../support/endings.ts";
import { freePorts } from "../../support/http/free-ports.ts";
import { closedPort, serveHttp, type TestServer } from "../../support/http/http-target.ts";
import { CLIENT_ID, CLIENT_SECRET, GROUP, OidcIssuer } from "../../support/console/oidc-issuer.ts";
import { signInConsole, type SignInConsole } from "../../support/console/sign-in-console.ts";
import { WalkingBrowser } from "../../support/console/sign-in-walk.ts";

const BASE = "/tools/busbar/";

describe("A sign-in to the console with an OpenID Connect issuer", () => {
  const endings = suiteEndings();
  let secretFile: string;
  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), "busbar-issuer-"));
    endings.after(() => rm(folder, { recursive: true }));
    secretFile = join(folder, "secret");
    await writeFile(secretFile, `${CLIENT_SECRET}\n`);
  });

  interface World extends SignInConsole {
    readonly issuer: OidcIssuer;
    readonly server: TestServer;
    readonly browser: WalkingBrowser;
    /** Moves the console's clock. */
    readonly later: (ms: number) => void;
  }

  type Changes = Partial<Parameters<typeof OidcIssuer.start>[0]> & {
    readonly trusted?: Partial<TokenIssuer>;
    readonly isTrusted?: boolean;
  };

  async function start(changes: Changes = {}): Promise<World> {
    const [port = 0] = await freePorts(1);
    const { trusted, isTrusted = true, ...options } = changes;
    const issuer = await OidcIssuer.start({ consoles: [`http://127.0.0.1:${port}${BASE}`], ...options });
    endings.after(() => issuer.stop());
    const known: TokenIssuer = {
      name: "people",
      issuer: issuer.url,
      audience: [CLIENT_ID],
      clockToleranceSeconds: 0,
      nameClaim: "sub",
      grants: [{ claim: "groups", values: [GROUP], statements: [] }],
      ...trusted,
    };
    const issuers = new Map(isTrusted ? [[known.issuer, known]] : []);
    const credentials: Credentials = { accessKeys: new Map(), bearerTokens: new Map(), issuers };
    let offsetMs = 0;
    const made = signInConsole({
      credentials,
      base: BASE,
      issuer: { issuer: issuer.url, clientSecretFile: secretFile },
      nowMs: () => Date.now() + offsetMs,
    });
    const server = await serveHttp(made.app, "127.0.0.1", port);
    endings.after(() => server.stop());
    return { ...made, issuer, server, browser: new WalkingBrowser(), later: (ms) => (offsetMs += ms) };
  }

  const api = (path: string) => `${BASE}api/v1/${path}`;

  async function begin({ browser, server }: World, returnTo = `${BASE}queues?x=1`): Promise<string> {
    const answer = await browser.ask(server, "POST", api("session/issuer"), { returnTo });
    assert.equal(answer.status, 200, await answer.clone().text());
    return ((await answer.json()) as { url: string }).url;
  }

  /** Signs in at the issuer. @returns where that leads in the end. */
  async function signIn(world: World, returnTo?: string, until?: (url: URL) => boolean): Promise<URL> {
    const { url } = await world.browser.open(await begin(world, returnTo));
    return (await world.browser.send(url, { name: "ada" }, until)).url;
  }

  const isCallback = (url: URL) => url.pathname === `${BASE}sign-in/callback`;

  async function me({ browser, server }: World): Promise<string> {
    const answer = await browser.ask(server, "GET", api("me"));
    return answer.ok ? ((await answer.json()) as { principal: string }).principal : String(answer.status);
  }

  it("goes by code with PKCE, state and nonce, and comes back to where it began with a session", async () => {
    const world = await start();
    const url = new URL(await begin(world));
    const asked = Object.fromEntries(url.searchParams);
    assert.equal(url.origin, world.issuer.url);
    assert.deepEqual(
      [
        asked["response_type"],
        asked["client_id"],
        asked["code_challenge_method"],
        asked["redirect_uri"],
        asked["scope"],
      ],
      ["code", CLIENT_ID, "S256", `${world.server.url}${BASE}sign-in/callback`, "openid"],
    );
    for (const name of ["state", "nonce", "code_challenge"]) assert.equal(asked[name]?.length, 43, name);
    assert.equal((await signIn(world)).href, `${world.server.url}${BASE}queues?x=1`);
    assert.equal(await me(world), "issuer/people/ada");
    assert.deepEqual([...world.browser.cookies(world.server.url).keys()], ["busbar-session"]);
    assert.deepEqual(world.failures, []);
    assert.deepEqual(
      world.audit.map(({ action, principal, outcome }) => [action, principal, outcome]),
      [["busbar:SignIn", "issuer/people/ada", "allowed"]],
    );
    // Tokens are JSON in base64.
    assert.doesNotMatch(world.browser.visited.join(" "), /eyJ/);
  });

  it("leads to no other site, whatever it is asked to come back to", async () => {
    const world = await start();
    const first = await signIn(world, "https://evil.example/x");
    assert.equal(first.href, `${world.server.url}${BASE}`);
    for (const [returnTo, path] of [
      ["//evil.example/x", BASE],
      [`${BASE}../../evil`, BASE],
      ["/another", BASE],
      ["\\\\evil.example", BASE],
      ["javascript:alert(1)", BASE],
      [`${BASE}/evil.example`, `${BASE}/evil.example`],
      [`${BASE}events?outcome=failed`, `${BASE}events?outcome=failed`],
    ] as const) {
      const { url } = await world.browser.open(await begin(world, returnTo));
      assert.equal(url.href, world.server.url + path, returnTo);
    }
  });

  it("is not completed twice, by another browser, with another's code, or after its time", async () => {
    const world = await start();
    const callback = await signIn(world, undefined, isCallback);
    const stale = `${world.server.url}${BASE}#sign-in=stale`;
    const another = new WalkingBrowser();
    assert.equal((await another.open(callback.href)).url.href, stale);
    assert.equal(another.cookies(world.server.url).size, 0);
    // A victim who has begun a sign-in is led to the attacker's.
    const victim = { ...world, browser: another };
    await begin(victim);
    assert.match((await another.open(callback.href)).url.href, /queues\?x=1#sign-in=stale$/);
    assert.equal(await me(victim), "401");

    assert.equal((await world.browser.open(callback.href)).url.href, `${world.server.url}${BASE}queues?x=1`);
    assert.equal((await world.browser.open(callback.href)).url.href, stale);

    const late = await start();
    const answer = await signIn(late, undefined, isCallback);
    late.later(16 * 60_000);
    assert.equal((await late.browser.open(answer.href)).url.href, `${late.server.url}${BASE}#sign-in=stale`);
  });

  it("is refused with a code that was made up, and says of errors in the address nothing but that", async () => {
    const world = await start();
    const callback = await signIn(world, undefined, isCallback);
    callback.searchParams.set("code", "made-up");
    assert.match((await world.browser.open(callback.href)).url.href, /#sign-in=refused$/);
    const { url } = await world.browser.open(
      await begin(world),
      (to) => to.pathname.startsWith("/login/") || isCallback(to),
    );
    const state = url.searchParams.get("state") ?? "";
    const forged = new URL(`${world.server.url}${BASE}sign-in/callback`);
    forged.search = String(
      new URLSearchParams({ state, iss: world.issuer.url, error: "access_denied", error_description: "<script>" }),
    );
    const answer = await fetch(forged, { redirect: "manual" });
    assert.equal(answer.headers.get("location"), `${world.server.url}${BASE}#sign-in=stale`);
    assert.doesNotMatch(await answer.text(), /script>/);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.match(world.failures[0] ?? "", /^the issuer refused: invalid_grant/);
  });

  it("says that the issuer refused where somebody cancels there", async () => {
    const world = await start();
    const { url } = await world.browser.open(await begin(world));
    const end = await world.browser.send(url, { cancel: "1" });
    assert.equal(end.url.href, `${world.server.url}${BASE}queues?x=1#sign-in=refused`);
    assert.deepEqual(world.failures, ["the issuer refused: access_denied"]);
  });

  it("comes to nothing where routers do not accept the token, or a browser could not keep it", async () => {
    const strange = await start({ trusted: { audience: ["another"] } });
    assert.match((await signIn(strange)).href, /#sign-in=not-accepted$/);
    assert.match(strange.failures[0] ?? "", /unexpected "aud" claim value/);
    assert.equal(strange.audit.at(-1)?.outcome, "bad_token");
    assert.match((await signIn(await start({ isTrusted: false }))).href, /#sign-in=not-accepted$/);
    const long = await start({ claims: { groups: Array.from({ length: 200 }, (_, n) => `a-group-of-many-${n}`) } });
    assert.match((await signIn(long)).href, /#sign-in=too-long$/);
    assert.equal(await me(long), "401");
  });

  it("is renewed by the refresh token, for as long as a session lasts, and not by the same one twice", async () => {
    const world = await start({ idTokenSeconds: 2 });
    await signIn(world);
    const before = world.browser.cookies(world.server.url).get("busbar-session") ?? "";
    assert.equal(await me(world), "issuer/people/ada");
    await waitUntilRefused(world);
    const renew = () => world.browser.ask(world.server, "POST", api("session/renewal"));
    assert.equal((await renew()).status, 200);
    assert.equal(await me(world), "issuer/people/ada");
    const [renewed = ""] = [world.browser.cookies(world.server.url).get("busbar-session")];
    assert.notEqual(renewed, before);

    const thief = await fetch(world.server.url + api("session/renewal"), {
      method: "POST",
      headers: { ...PAGE, origin: world.server.url, cookie: `busbar-session=${before}` },
    });
    assert.equal(thief.status, 401);
    world.later(12 * 3_600_000);
    assert.equal((await renew()).status, 401);
    assert.equal(world.browser.cookies(world.server.url).size, 0);
  });

  it("is not renewed while the token is good, nor without a refresh token", async () => {
    const good = await start();
    await signIn(good);
    const kept = good.browser.cookies(good.server.url).get("busbar-session");
    assert.equal((await good.browser.ask(good.server, "POST", api("session/renewal"))).status, 200);
    assert.equal(good.browser.cookies(good.server.url).get("busbar-session"), kept);
    const once = await start({ refreshTokens: false, idTokenSeconds: 30 });
    await signIn(once);
    assert.equal((await once.browser.ask(once.server, "POST", api("session/renewal"))).status, 401);
  });

  it("ends at the issuer as well, with no token in the address, and its refresh token is revoked", async () => {
    const world = await start({ idTokenSeconds: 2 });
    await signIn(world);
    const cookie = world.browser.cookies(world.server.url).get("busbar-session") ?? "";
    const answer = await world.browser.ask(world.server, "DELETE", api("session"));
    const { signOutUrl = "" } = (await answer.json()) as { signOutUrl?: string };
    const url = new URL(signOutUrl);
    assert.equal(url.origin, world.issuer.url);
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      client_id: CLIENT_ID,
      post_logout_redirect_uri: `${world.server.url}${BASE}`,
    });
    assert.equal((await world.browser.open(signOutUrl)).status, 200);
    assert.equal(await me(world), "401");
    const renewal = await fetch(world.server.url + api("session/renewal"), {
      method: "POST",
      headers: { ...PAGE, origin: world.server.url, cookie: `busbar-session=${cookie}` },
    });
    assert.equal(renewal.status, 401);
  });

  it("is answered 503 within its time where the issuer is away, silent, endless or no issuer, and goes on when it is back", async () => {
    const port = await closedPort();
    const endless = await serveHttp((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).write("{");
      const timer = setInterval(() => response.write(" ".repeat(200_000)), 1);
      response.once("close", () => clearInterval(timer));
    });
    const silent = await serveHttp(() => undefined);
    const wrong = await serveHttp((_request, response) => response.end("<h1>hello</h1>"));
    for (const each of [endless, silent, wrong]) endings.after(() => each.stop());
    for (const [url, why] of [
      [`http://127.0.0.1:${port}`, /ECONNREFUSED/],
      [endless.url, /longer than 1048576 bytes/],
      [silent.url, /timed out|timeout/],
      [wrong.url, /unexpected response content-type/],
    ] as const) {
      const made = signInConsole({ credentials: NOBODY, base: BASE, issuer: { issuer: url } });
      const server = await serveHttp(made.app);
      endings.after(() => server.stop());
      const beganAtMs = performance.now();
      const answer = await new WalkingBrowser().ask(server, "POST", api("session/issuer"), { returnTo: BASE });
      assert.equal(answer.status, 503, url);
      assert.equal(((await answer.json()) as { detail: string }).detail, "Test people does not answer the console");
      assert.ok(performance.now() - beganAtMs < 8_000);
      assert.match(made.failures[0] ?? "", why);
      if (url.endsWith(`:${port}`)) {
        const back = await OidcIssuer.start({ consoles: [`${server.url}${BASE}`], port });
        endings.after(() => back.stop());
        const again = await new WalkingBrowser().ask(server, "POST", api("session/issuer"), { returnTo: BASE });
        assert.equal(again.status, 200);
      }
    }
  });

  it("leaves somebody signed in whose token cannot be renewed just now", async () => {
    const world = await start({ idTokenSeconds: 30 });
    await signIn(world);
    await world.issuer.stop();
    const answer = await world.browser.ask(world.server, "POST", api("session/renewal"));
    assert.equal(answer.status, 503);
    assert.equal(world.browser.cookies(world.server.url).size, 1);
  });

  async function waitUntilRefused(world: World): Promise<void> {
    const until = performance.now() + 10_000;
    while ((await me(world)) !== "401") assert.ok(performance.now() < until);
  }
});

const PAGE = { "sec-fetch-site": "same-origin", "content-type": "application/json" };
const NOBODY: Credentials = { accessKeys: new Map(), bearerTokens: new Map(), issuers: new Map() };
