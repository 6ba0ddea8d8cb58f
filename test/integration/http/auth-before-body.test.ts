import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { after, before, describe, it } from "node:test";
import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import { ANYONE } from "../../../src/domain/access/access.ts";
import type { Listening } from "../../../src/edge/http/server.ts";
import { listen } from "../../../src/edge/http/server.ts";
import { UnprovenRoom } from "../../../src/edge/http/unproven-room.ts";
import { InFlightBytes } from "../../../src/flow/budget/in-flight.ts";
import { authenticatorOf } from "../../support/http/authenticator.ts";
import { publicApp } from "../../support/http/public-app.ts";

const SECRET = "a-secret-of-somebody";
const BODY = JSON.stringify({ Entries: [{ Source: "shop", DetailType: "Ordered", Detail: "{}" }] });
const NOBODY = { ...ANYONE, id: "access-key/nobody", statements: [] };

const { authenticator } = authenticatorOf({
  accessKeys: new Map([
    ["AKID", { secret: SECRET, principal: { ...ANYONE, id: "access-key/somebody" } }],
    ["AKIDNONE", { secret: SECRET, principal: NOBODY }],
  ]),
  bearerTokens: new Map(),
  issuers: new Map(),
});
const inFlight = new InFlightBytes(256 * 1_048_576);
const { app } = publicApp({ authenticator, inFlight, unproven: new UnprovenRoom(100_000, () => undefined) });

describe("a request, where credentials are asked for", () => {
  let server: Listening;
  before(async () => {
    server = await listen(app, { host: "127.0.0.1", port: 0 });
  });
  after(() => server.close(0));

  async function signed(accessKeyId: string, secret: string, hash?: string): Promise<Record<string, string>> {
    const signer = new SignatureV4({
      service: "events",
      region: "us-east-1",
      credentials: { accessKeyId, secretAccessKey: secret },
      sha256: Hash.bind(null, "sha256"),
      applyChecksum: false,
    });
    const headers = {
      host: new URL(server.url).host,
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AWSEvents.PutEvents",
      ...(hash === undefined ? {} : { "x-amz-content-sha256": hash }),
    };
    const to = { protocol: "http:", hostname: "127.0.0.1", path: "/" };
    return (await signer.sign({ method: "POST", ...to, headers, body: BODY })).headers;
  }

  /** Sends a part of a body; resolves with the status that is answered all the same. */
  async function statusBeforeBody(headers: Record<string, string>, part = "{"): Promise<number> {
    const sent = request(server.url, { method: "POST", headers: { ...headers, "content-length": "1000000" } });
    sent.on("error", () => undefined);
    sent.write(part);
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    sent.destroy();
    return Number(answer.statusCode);
  }

  const hash = createHash("sha256").update(BODY).digest("hex");

  it("A request with an unknown token, or a wrong signature over the body's hash, is refused before its body comes", async () => {
    const target = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents" };
    assert.equal(await statusBeforeBody({ ...target, authorization: "Bearer x" }), 403);
    assert.equal(await statusBeforeBody(await signed("AKID", "another-secret-of-nobody", hash)), 403);
    assert.equal(inFlight.usedBytes, 0);
  });

  it("A request of a caller whose policies allow no put is refused before its body comes", async () => {
    assert.equal(await statusBeforeBody(await signed("AKIDNONE", SECRET, hash)), 403);
  });

  it("A request takes no room of its caller before its signature is verified", async () => {
    // More than there is room for what proves nothing.
    assert.equal(await statusBeforeBody(await signed("AKID", "another-secret-of-nobody"), " ".repeat(200_000)), 429);
    assert.equal(inFlight.usedBytes, 0);
  });

  it("A request is refused with another body than the one whose hash was signed", async () => {
    const headers = await signed("AKID", SECRET, hash);
    assert.equal((await fetch(server.url, { method: "POST", headers, body: BODY })).status, 200);
    assert.equal((await fetch(server.url, { method: "POST", headers, body: `${BODY} ` })).status, 403);
  });
});
