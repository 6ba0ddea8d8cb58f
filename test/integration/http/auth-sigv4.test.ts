import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { EventBridgeClient, ListRulesCommand, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import type { AccessFacts } from "../../../src/ports/access-observer.ts";
import type { Principal } from "../../../src/domain/access/access.ts";
import type { Credentials } from "../../../src/domain/access/credentials.ts";
import { listen, type Listening } from "../../../src/edge/http/server.ts";
import { authenticatorOf } from "../../support/http/authenticator.ts";
import { publicApp } from "../../support/http/public-app.ts";

const KEY_ID = "AKIDCHECKOUT";
const SECRET = "a-secret-of-the-checkout";
const ENTRY = { Source: "shop", DetailType: "OrderPlaced", Detail: "{}" };
const BODY = JSON.stringify({ Entries: [ENTRY] });

const CHECKOUT: Principal = {
  id: "access-key/checkout",
  statements: [{ effect: "Allow", actions: ["events:PutEvents"], resources: ["*"], conditions: [] }],
};
const CREDENTIALS: Credentials = {
  accessKeys: new Map([[KEY_ID, { secret: SECRET, principal: CHECKOUT }]]),
  bearerTokens: new Map(),
  issuers: new Map(),
};

interface Signing {
  readonly keyId?: string;
  readonly secret?: string;
  readonly service?: string;
  /** How far its clock is off, in ms. */
  readonly clockOffMs?: number;
  readonly presigned?: number;
}

/** A request as a client signs it, to be tampered with. */
interface Signed {
  readonly path: string;
  readonly headers: Record<string, string>;
}

describe("a request to the EventBridge API, where credentials are asked for", () => {
  let server: Listening;
  let audit: AccessFacts[];
  let entries: readonly unknown[];

  before(async () => {
    const asked = authenticatorOf(CREDENTIALS);
    const { app, fakePut } = publicApp({ authenticator: asked.authenticator });
    server = await listen(app, { host: "127.0.0.1", port: 0 });
    audit = asked.audit;
    entries = fakePut.entries;
  });
  after(() => server.close(0));

  async function sign(signing: Signing = {}): Promise<Signed> {
    const { keyId = KEY_ID, secret = SECRET, service = "events", clockOffMs = 0, presigned } = signing;
    const signedAt = new Date(Date.now() + clockOffMs);
    const signer = new SignatureV4({
      service,
      region: "eu-central-1",
      credentials: { accessKeyId: keyId, secretAccessKey: secret },
      sha256: Hash.bind(null, "sha256"),
    });
    const request = {
      method: "POST",
      protocol: "http:",
      hostname: "127.0.0.1",
      path: "/",
      query: {},
      headers: {
        host: new URL(server.url).host,
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AWSEvents.PutEvents",
      },
      body: BODY,
    };
    if (presigned === undefined) {
      const { headers } = await signer.sign(request, { signingDate: signedAt });
      return { path: "/", headers };
    }
    const unhoistableHeaders = new Set(["x-amz-target"]);
    const options = { signingDate: signedAt, expiresIn: presigned, unhoistableHeaders };
    const { query, headers } = await signer.presign(request, options);
    return { path: `/?${new URLSearchParams(query as Record<string, string>).toString()}`, headers };
  }

  async function send(
    { path, headers }: Signed,
    body = BODY,
  ): Promise<{ status: number; type?: string; message?: string }> {
    const { host: _host, ...others } = headers;
    const response = await fetch(`${server.url}${path}`, { method: "POST", headers: others, body });
    const answer = (await response.json()) as { __type?: string; message?: string };
    return {
      status: response.status,
      ...(answer.__type === undefined ? {} : { type: answer.__type, message: answer.message ?? "" }),
    };
  }

  function client(secret: string): EventBridgeClient {
    return new EventBridgeClient({
      endpoint: server.url,
      region: "eu-west-1",
      credentials: { accessKeyId: KEY_ID, secretAccessKey: secret, sessionToken: "of-nobody" },
      maxAttempts: 1,
    });
  }

  it("A request is accepted with an AWS SDK's signature, and its session token is ignored", async () => {
    const before = entries.length;
    const answer = await client(SECRET).send(new PutEventsCommand({ Entries: [ENTRY] }));
    assert.equal(answer.FailedEntryCount, 0);
    assert.equal(entries.length, before + 1);
  });

  it("A request of an SDK with another secret is refused as AWS refuses it", async () => {
    await assert.rejects(client("another-secret").send(new PutEventsCommand({ Entries: [ENTRY] })), {
      name: "InvalidSignatureException",
      message: /^The request signature we calculated does not match the signature you provided/,
    });
    assert.deepEqual(audit.at(-1), { action: "events:PutEvents", from: "127.0.0.1", outcome: "bad_signature" });
  });

  it("A request that no policy allows is refused with the action and the resource", async () => {
    await assert.rejects(client(SECRET).send(new ListRulesCommand({})), {
      name: "AccessDeniedException",
      message:
        "User: access-key/checkout is not authorized to perform: events:ListRules on resource: arn:aws:events:us-east-1:000000000000:event-bus/default because no identity-based policy allows the events:ListRules action",
    });
  });

  it("A presigned request is accepted until it expires", async () => {
    assert.equal((await send(await sign({ presigned: 60 }))).status, 200);
    const clockOffMs = -61_000;
    assert.equal((await send(await sign({ presigned: 60, clockOffMs }))).type, "InvalidSignatureException");
    assert.equal((await send(await sign({ presigned: 120, clockOffMs }))).status, 200);
  });

  it("A presigned request is refused at every path that needs a bearer token", async () => {
    const event = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "shop", "ce-type": "OrderPlaced" };
    const before = entries.length;
    for (const path of ["/events", "//events", "/event-buses/default/events", "//x/events"]) {
      const signer = new SignatureV4({
        service: "events",
        region: "eu-central-1",
        credentials: { accessKeyId: KEY_ID, secretAccessKey: SECRET },
        sha256: Hash.bind(null, "sha256"),
      });
      for (const signedPath of [path, "/", "/events"]) {
        const headers = { host: new URL(server.url).host };
        const plain = { method: "POST", protocol: "http:", hostname: "127.0.0.1", path: signedPath, headers };
        const { query = {} } = await signer.presign(plain, { expiresIn: 604_800 });
        const url = `${path}?${new URLSearchParams(query as Record<string, string>).toString()}`;
        const { status } = await fetch(`${server.url}${url}`, { method: "POST", headers: event, body: "{}" });
        assert.ok(status === 401 || status === 404, `${path}: ${status}`);
      }
    }
    assert.equal(entries.length, before);
  });

  it("A signed request is refused at a path other than the API's", async () => {
    const [signed, presigned] = [await sign(), await sign({ presigned: 60 })];
    for (const path of ["//", "//router/", "///"]) {
      for (const { path: own, headers } of [signed, presigned]) {
        const query = own.slice(1);
        const { host: _host, ...others } = headers;
        const response = await fetch(`${server.url}${path}${query}`, { method: "POST", headers: others, body: BODY });
        assert.ok(response.status >= 400 && response.status < 500, `${path}: ${response.status}`);
      }
    }
    const { status, type } = await send({ path: "//", headers: signed.headers });
    assert.deepEqual([status, type], [400, "UnknownOperationException"]);
  });

  it("A request is accepted from a clock that is a little off", async () => {
    for (const clockOffMs of [-290_000, 290_000]) {
      assert.equal((await send(await sign({ clockOffMs }))).status, 200);
    }
  });

  type Tampered = readonly [
    how: string,
    type: string,
    signing: Signing,
    tamper?: ((signed: Signed) => Signed) | undefined,
    body?: string,
  ];
  const header =
    (name: string, change: (value: string) => string | undefined) =>
    (signed: Signed): Signed => {
      const changed = change(signed.headers[name] ?? "");
      const { [name]: _old, ...others } = signed.headers;
      return { ...signed, headers: changed === undefined ? others : { ...others, [name]: changed } };
    };
  const query =
    (name: string, value: string) =>
    (signed: Signed): Signed => {
      const url = new URL(signed.path, "http://router");
      url.searchParams.set(name, value);
      return { ...signed, path: url.pathname + url.search };
    };
  const REFUSED: readonly Tampered[] = [
    ["without credentials", "MissingAuthenticationTokenException", {}, header("authorization", () => undefined)],
    [
      "with a scheme that there is not",
      "MissingAuthenticationTokenException",
      {},
      header("authorization", () => "Basic YTpi"),
    ],
    ["with an unknown key", "UnrecognizedClientException", { keyId: "AKIDNOBODY" }],
    [
      "with an unknown key named like a property of every object",
      "UnrecognizedClientException",
      { keyId: "__proto__" },
    ],
    ["with another body", "InvalidSignatureException", {}, undefined, BODY.replace("shop", "bank")],
    [
      "with another body and its hash",
      "InvalidSignatureException",
      {},
      header("x-amz-content-sha256", () => createHash("sha256").update(BODY.replace("shop", "bank")).digest("hex")),
      BODY.replace("shop", "bank"),
    ],
    [
      "with a body that is not signed",
      "InvalidSignatureException",
      {},
      header("x-amz-content-sha256", () => "UNSIGNED-PAYLOAD"),
    ],
    ["for another operation", "InvalidSignatureException", {}, header("x-amz-target", () => "AWSEvents.ListRules")],
    [
      "with another header that decides something",
      "IncompleteSignatureException",
      {},
      header("x-amz-extra", () => "1"),
    ],
    ["signed too long ago", "InvalidSignatureException", { clockOffMs: -310_000 }],
    ["signed in the future", "InvalidSignatureException", { clockOffMs: 310_000 }],
    ["for another service", "InvalidSignatureException", { service: "sqs" }],
    [
      "with another date than its scope's",
      "InvalidSignatureException",
      {},
      header("x-amz-date", () => "20200101T000000Z"),
    ],
    ["with a date that there is not", "IncompleteSignatureException", {}, header("x-amz-date", () => "today")],
    [
      "with a signature that is none",
      "IncompleteSignatureException",
      {},
      header("authorization", (value) => value.replace(/Signature=.*/, "Signature=00")),
    ],
    [
      "with another signature",
      "InvalidSignatureException",
      {},
      header("authorization", (value) => value.replace(/Signature=..../, "Signature=0000")),
    ],
    [
      "that does not sign its target",
      "IncompleteSignatureException",
      {},
      header("authorization", (value) => value.replace(";x-amz-target", "")),
    ],
    [
      "that does not sign its host",
      "IncompleteSignatureException",
      {},
      header("authorization", (value) => value.replace(";host", "")),
    ],
    [
      "with a credential that is cut",
      "IncompleteSignatureException",
      {},
      header("authorization", (value) => value.replace("/aws4_request", "")),
    ],
    ...["__proto__", "constructor", "toString"].map((name): Tampered => [
      `that signs a header named ${name}`,
      "InvalidSignatureException",
      {},
      header("authorization", (value) => value.replace(/SignedHeaders=([^,]*)/, `SignedHeaders=$1;${name}`)),
    ]),
    [
      "presigned, with another credential in its header",
      "IncompleteSignatureException",
      { presigned: 60 },
      header("authorization", () => "AWS4-HMAC-SHA256 Credential=a"),
    ],
    [
      "presigned for longer than a week",
      "IncompleteSignatureException",
      { presigned: 60 },
      query("X-Amz-Expires", "604801"),
    ],
    ["presigned, with more time", "InvalidSignatureException", { presigned: 60 }, query("X-Amz-Expires", "600")],
    [
      "presigned by another algorithm",
      "IncompleteSignatureException",
      { presigned: 60 },
      query("X-Amz-Algorithm", "none"),
    ],
  ];
  for (const [how, type, signing, tamper = (signed: Signed) => signed, body] of REFUSED) {
    it(`A signed request is refused ${how}`, async () => {
      const before = entries.length;
      const answer = await send(tamper(await sign(signing)), body);
      assert.equal(answer.type, type, answer.message);
      assert.equal(answer.status, 403);
      assert.equal(entries.length, before);
      assert.ok(!JSON.stringify([answer, audit]).includes(SECRET));
    });
  }
});
