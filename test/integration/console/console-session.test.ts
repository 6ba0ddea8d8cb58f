import assert from "node:assert/strict";
import type { IncomingHttpHeaders, RequestListener } from "node:http";
import { after, before, describe, it } from "node:test";
import { CompactEncrypt, decodeProtectedHeader, SignJWT, generateKeyPair } from "jose";
import request from "supertest";
import { tokenDigest } from "../../../src/config/access/load-access.ts";
import { credentialsOf, TOKEN } from "../../support/http/authenticator.ts";
import { serveHttp, type TestServer } from "../../support/http/http-target.ts";
import { COOKIE_KEY, signInConsole } from "../../support/console/sign-in-console.ts";

const credentials = credentialsOf({
  effect: "Allow",
  actions: ["busbar:ListQueues"],
  resources: ["*"],
  conditions: [],
});
const OTHER_KEY = Buffer.alloc(32, 2);
const ORIGIN = "https://ops.example.com";
const BASE = "/tools/busbar/";

/** Headers that a browser sends for a page of the origin. A page can change none of them. */
const pageOf = (origin: string) => ({ origin, "sec-fetch-site": "same-origin" });

type App = RequestListener;

function signIn(app: App, { token = TOKEN, origin = "http://localhost:9091", base = "/", headers = {} } = {}) {
  return request(app)
    .post(`${base}api/v1/session`)
    .set({ host: new URL(origin).host, ...pageOf(origin), ...headers })
    .send({ token });
}

/** What a browser keeps of an answer. */
function cookiesOf({ headers }: { readonly headers: Record<string, unknown> }): readonly string[] {
  return [headers["set-cookie"] ?? []].flat() as string[];
}

const pairOf = (cookie = ""): string => cookie.split(";")[0] ?? "";

async function session(app: App, where: Parameters<typeof signIn>[1] = {}): Promise<string> {
  const answer = await signIn(app, where);
  assert.equal(answer.status, 200, answer.text);
  return pairOf(cookiesOf(answer)[0]);
}

const asPage = { host: "localhost:9091", "sec-fetch-site": "same-origin" };

describe("A session of the console", () => {
  const asked: { readonly method: string; readonly headers: IncomingHttpHeaders }[] = [];
  let router: TestServer;
  before(async () => {
    router = await serveHttp(({ method = "", headers }, response) => {
      asked.push({ method, headers });
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  after(() => router.stop());

  it("is a cookie that holds the token encrypted, and speaks for it to the routers", async () => {
    const { app, audit } = signInConsole({ credentials, routerUrl: router.url });
    const answer = await signIn(app);
    assert.equal(answer.headers["cache-control"], "no-store");
    const [cookie = "", ...more] = cookiesOf(answer);
    assert.deepEqual(more, []);
    assert.match(cookie, /^busbar-session=[\w.-]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
    assert.ok(!cookie.includes(TOKEN) && !answer.text.includes(TOKEN));
    const value = pairOf(cookie).replace("busbar-session=", "");
    assert.deepEqual([decodeProtectedHeader(value).alg, decodeProtectedHeader(value).enc], ["dir", "A256GCM"]);
    for (const part of value.split(".")) assert.ok(!Buffer.from(part, "base64url").includes(TOKEN));

    const me = await request(app)
      .get("/api/v1/me")
      .set({ ...asPage, cookie: pairOf(cookie) });
    assert.equal((me.body as { principal: string }).principal, "bearer-token/somebody");
    asked.length = 0;
    await request(app)
      .get("/api/v1/queues")
      .set({ ...asPage, cookie: pairOf(cookie) });
    const [one] = asked;
    assert.deepEqual([one?.headers.authorization, one?.headers.cookie], [`Bearer ${TOKEN}`, undefined]);
    assert.deepEqual(
      audit.map(({ action, principal, outcome }) => [action, principal, outcome]),
      [["busbar:SignIn", "bearer-token/somebody", "allowed"]],
    );
  });

  it("begins for nobody whom the routers would not let in, and the audit has the refusal and no token", async () => {
    const { app, audit } = signInConsole({ credentials });
    const answer = await signIn(app, { token: "the-token-of-nobody-at-all" });
    assert.deepEqual([answer.status, cookiesOf(answer)], [401, []]);
    assert.deepEqual(
      audit.map(({ action, outcome }) => [action, outcome]),
      [["busbar:SignIn", "bad_token"]],
    );
    for (const body of ["", "null", '{"token":1}', '{"token":"a","more":1}', "{"]) {
      const refused = await request(app)
        .post("/api/v1/session")
        .set({ ...asPage, ...pageOf("http://localhost:9091"), "content-type": "application/json" })
        .send(body);
      assert.equal(refused.status, 400, body);
    }
    assert.equal((await signIn(app, { token: "x".repeat(33_000) })).status, 413);
    assert.ok(!JSON.stringify(audit).includes("the-token-of"));
  });

  it("is not begun with a token that no browser would keep encrypted, which is said", async () => {
    const { app } = signInConsole({ credentials: withToken("l".repeat(3_200)) });
    const answer = await signIn(app, { token: "l".repeat(3_200) });
    assert.deepEqual([answer.status, cookiesOf(answer)], [400, []]);
    assert.match((answer.body as { detail: string }).detail, /^the token is too long: a browser keeps 4 KiB/);
    const fitting = signInConsole({ credentials: withToken("l".repeat(2_850)) });
    const [cookie = ""] = cookiesOf(await signIn(fitting.app, { token: "l".repeat(2_850) }));
    assert.ok(pairOf(cookie).length > 3_900 && pairOf(cookie).length <= 4_096, String(pairOf(cookie).length));
  });

  it("ends after its time, with its token, or when one signs out", async () => {
    let nowMs = Date.now();
    const { app } = signInConsole({ credentials, nowMs: () => nowMs });
    const cookie = await session(app);
    const status = async () =>
      (
        await request(app)
          .get("/api/v1/me")
          .set({ ...asPage, cookie })
      ).status;
    nowMs += 12 * 3_600_000 - 2_000;
    assert.equal(await status(), 200);
    nowMs += 3_000;
    assert.equal(await status(), 401);

    const { privateKey } = await generateKeyPair("ES256");
    const jwt = await new SignJWT({}).setProtectedHeader({ alg: "ES256" }).setExpirationTime("5m").sign(privateKey);
    const [short = ""] = cookiesOf(await signIn(signInConsole({ credentials: withToken(jwt) }).app, { token: jwt }));
    const expires = Date.parse(/Expires=([^;]+)/.exec(short)?.[1] ?? "");
    assert.ok(Math.abs(expires - Date.now() - 300_000) < 10_000, short);

    const out = await request(app)
      .delete("/api/v1/session")
      .set({ ...asPage, ...pageOf("http://localhost:9091"), cookie, "content-type": "application/json" });
    assert.deepEqual([out.status, out.body], [200, {}]);
    assert.match(cookiesOf(out)[0] ?? "", /^busbar-session=; Path=\/; Expires=Thu, 01 Jan 1970/);
  });

  it("leaves credentials that a request brings itself as they are", async () => {
    const { app } = signInConsole({ credentials, routerUrl: router.url });
    const cookie = await session(app);
    asked.length = 0;
    const headers = { cookie, authorization: "Bearer another", host: "busbar-console" };
    await request(app).put("/api/v1/paused/function/crm").set(headers);
    assert.equal(asked[0]?.headers.authorization, "Bearer another");
  });

  it("goes on in another console with its key, and through an exchange of keys", async () => {
    const before = await session(signInConsole({ credentials }).app);
    const status = async (keys: readonly Uint8Array[], cookie: string) => {
      const { app } = signInConsole({ credentials, keys });
      return (
        await request(app)
          .get("/api/v1/me")
          .set({ ...asPage, cookie })
      ).status;
    };
    assert.equal(await status([COOKIE_KEY], before), 200);
    const during = await session(signInConsole({ credentials, keys: [OTHER_KEY, COOKIE_KEY] }).app);
    assert.deepEqual(
      [
        await status([OTHER_KEY, COOKIE_KEY], before),
        await status([OTHER_KEY], before),
        await status([OTHER_KEY], during),
        await status([COOKIE_KEY], during),
      ],
      [200, 401, 200, 401],
    );
    const alone = signInConsole({ credentials, keys: [] }).app;
    const cookie = await session(alone);
    assert.equal(
      (
        await request(alone)
          .get("/api/v1/me")
          .set({ ...asPage, cookie })
      ).status,
      200,
    );
    assert.equal(await status([], cookie), 401);
  });

  it("is none where the cookie was changed, made up, made for something else, or there twice", async () => {
    const { app } = signInConsole({ credentials, issuer: { issuer: "http://127.0.0.1:9" } });
    const cookie = await session(app);
    const status = async (text: string) =>
      (
        await request(app)
          .get("/api/v1/me")
          .set({ ...asPage, cookie: text })
      ).status;
    assert.equal(await status(`other=1; ${cookie}`), 200);
    const parts = cookie.split(".");
    for (const [index, part] of parts.entries()) {
      if (part === "") continue;
      const at = part.length - 3;
      const changed = part.slice(0, at) + (part[at] === "A" ? "B" : "A") + part.slice(at + 1);
      assert.equal(await status(parts.with(index, changed).join(".")), 401, `part ${index}`);
    }
    assert.equal(await status(cookie.slice(0, -10)), 401);
    assert.equal(await status(`busbar-session=${TOKEN}`), 401);
    assert.equal(await status(`${cookie}; ${cookie}`), 401);
    const seal = (claims: object, header: object = {}) =>
      new CompactEncrypt(
        Buffer.from(JSON.stringify({ token: TOKEN, issued: false, exp: 4e9, aud: "session", ...claims })),
      )
        .setProtectedHeader({
          alg: "dir",
          enc: "A256GCM",
          kid: decodeProtectedHeader(cookie.split("=")[1] ?? "").kid ?? "",
          ...header,
        })
        .encrypt(COOKIE_KEY)
        .then((sealed) => `busbar-session=${sealed}`);
    assert.equal(await status(await seal({})), 200);
    assert.equal(await status(await seal({ aud: "sign-in" })), 401);
    assert.equal(await status(await seal({ exp: 1 })), 401);
    assert.equal(await status(await seal({ exp: undefined })), 401);
    assert.equal(await status(await seal({}, { kid: "" })), 401);
  });
});

describe("A request with a session's cookie", () => {
  it("changes something only for the console's own page, as JSON", async () => {
    const { app } = signInConsole({ credentials });
    const cookie = await session(app);
    const own = { cookie, ...asPage, origin: "http://localhost:9091", "content-type": "application/json" };
    const { origin: _origin, ...noOrigin } = own;
    const { "sec-fetch-site": _site, ...oldBrowser } = own;
    for (const [status, why, headers] of [
      [503, "the page", own],
      [503, "the page in a browser without Fetch Metadata", oldBrowser],
      [403, "another site", { ...own, origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
      [403, "another port of the host", { ...own, origin: "http://localhost:8000", "sec-fetch-site": "same-site" }],
      [403, "a document without an origin", { ...own, origin: "null" }],
      [403, "no origin", noOrigin],
      [403, "HTTPS", { ...own, origin: "https://localhost:9091" }],
      [403, "an address that was typed", { ...own, "sec-fetch-site": "none" }],
      [415, "a form", { ...own, "content-type": "text/plain" }],
      [415, "a form that looks like JSON", { ...own, "content-type": "text/plain; application/json" }],
    ] as const) {
      for (const [method, path] of [
        ["post", "explain"],
        ["put", "paused/function/crm"],
        ["delete", "paused/function/crm"],
      ] as const) {
        const answer = await request(app)[method](`/api/v1/${path}`).set(headers);
        assert.equal(answer.status, status, `${method} from ${why}: ${answer.text}`);
      }
    }
  });

  it("reads nothing for a neighbour's page, and something for an address that was typed", async () => {
    const { app } = signInConsole({ credentials });
    const cookie = await session(app);
    const status = async (headers: Record<string, string>) =>
      (
        await request(app)
          .get("/api/v1/me")
          .set({ host: "localhost:9091", cookie, ...headers })
      ).status;
    assert.equal(await status({ "sec-fetch-site": "none" }), 200);
    assert.equal(await status({ "sec-fetch-site": "same-site" }), 403);
    assert.equal(await status({ "sec-fetch-site": "cross-site" }), 403);
    assert.equal(await status({ origin: "http://evil.localhost" }), 403);
  });

  it("signs nobody in, out or on for another site's page, with a cookie or without", async () => {
    const { app } = signInConsole({ credentials, issuer: { issuer: "http://127.0.0.1:9" } });
    for (const [method, path] of [
      ["post", "session"],
      ["delete", "session"],
      ["post", "session/renewal"],
      ["post", "session/issuer"],
    ] as const) {
      for (const headers of [
        pageOf("https://evil.example"),
        { origin: "http://localhost:9091", "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-origin" },
      ]) {
        const answer = await request(app)
          [method](`/api/v1/${path}`)
          .set({ host: "localhost:9091", ...headers })
          .send({ token: TOKEN });
        assert.deepEqual([answer.status, cookiesOf(answer)], [403, []], `${method} ${path}`);
      }
      const form = await request(app)
        [method](`/api/v1/${path}`)
        .set({ ...asPage, ...pageOf("http://localhost:9091"), "content-type": "text/plain" })
        .send(JSON.stringify({ token: TOKEN }));
      assert.deepEqual([form.status, cookiesOf(form)], [415, []], `${method} ${path}`);
    }
  });

  it("may sign in to a console that only reads", async () => {
    assert.match(await session(signInConsole({ credentials, readOnly: true }).app), /^busbar-session=/);
  });
});

describe("The console behind a proxy", () => {
  it("binds the cookie to its path and to HTTPS, by its setting", async () => {
    const { app } = signInConsole({ credentials, origin: ORIGIN, base: BASE });
    const [cookie = ""] = cookiesOf(
      await signIn(app, { origin: ORIGIN, base: BASE, headers: { host: "busbar-console:9091" } }),
    );
    assert.match(
      cookie,
      /^__Secure-busbar-session=[^;]+; Path=\/tools\/busbar\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
    );
    const me = await request(app)
      .get(`${BASE}api/v1/me`)
      .set({ host: "busbar-console:9091", "sec-fetch-site": "same-origin", cookie: pairOf(cookie) });
    assert.equal(me.status, 200);
    const top = signInConsole({ credentials, origin: ORIGIN }).app;
    const [hosts = ""] = cookiesOf(await signIn(top, { origin: ORIGIN }));
    assert.match(hosts, /^__Host-busbar-session=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/);
    const elsewhere = await signIn(top, { origin: "http://localhost:9091" });
    assert.deepEqual([elsewhere.status, cookiesOf(elsewhere)], [403, []]);
    assert.match(elsewhere.text, /which is at https:\/\/ops\.example\.com/);
  });

  it("believes no header that any client may send: not that it is HTTPS, nor another host", async () => {
    const { app } = signInConsole({ credentials });
    const forwarded = {
      "x-forwarded-proto": "https",
      "x-forwarded-host": "ops.example.com",
      "x-forwarded-port": "443",
      "x-forwarded-prefix": "/evil/",
      forwarded: "proto=https;host=ops.example.com",
    };
    const answer = await signIn(app, { headers: forwarded });
    assert.match(
      cookiesOf(answer)[0] ?? "",
      /^busbar-session=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
    );
    const posing = await signIn(app, { headers: { ...forwarded, host: "busbar-console:9091", origin: ORIGIN } });
    assert.deepEqual([posing.status, cookiesOf(posing)], [403, []]);
    const misled = await signIn(app, { headers: { ...forwarded, origin: ORIGIN } });
    assert.deepEqual([misled.status, cookiesOf(misled)], [403, []]);
  });

  it("lets nobody sign in over plain HTTP from elsewhere, and says what is needed", async () => {
    const { app } = signInConsole({ credentials });
    const answer = await signIn(app, { origin: "http://10.1.2.3:9091" });
    assert.deepEqual([answer.status, cookiesOf(answer)], [403, []]);
    assert.match((answer.body as { detail: string }).detail, /^Signing in needs HTTPS: .*BUSBAR_CONSOLE_ORIGIN/);
    const ways = await request(app).get("/api/v1/session").set({ host: "10.1.2.3:9091" });
    assert.match((ways.body as { problem: string }).problem, /^Signing in needs HTTPS/);
    assert.deepEqual((await request(app).get("/api/v1/session").set({ host: "127.0.0.1:9091" })).body, {});
    const cookie = await session(app);
    const headers = { host: "10.1.2.3:9091", cookie };
    assert.equal((await request(app).get("/api/v1/me").set(headers)).status, 401);
    const script = { host: "10.1.2.3:9091", authorization: `Bearer ${TOKEN}` };
    assert.equal((await request(app).get("/api/v1/me").set(script)).status, 200);
  });
});

function withToken(token: string) {
  const [principal] = credentials.bearerTokens.values();
  return { ...credentials, bearerTokens: new Map([[tokenDigest(token), principal!]]) };
}
