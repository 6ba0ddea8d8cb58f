import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { tokenDigest } from "../../../src/config/access/load-access.ts";
import { ANYONE } from "../../../src/domain/access/access.ts";
import { authenticatorOf } from "../../support/http/authenticator.ts";
import type { Subject } from "./subject.ts";
import { texts, header } from "./subject.ts";

const { authenticator } = authenticatorOf({
  accessKeys: new Map([["AKID", { secret: "a-secret-of-somebody", principal: ANYONE }]]),
  bearerTokens: new Map([[tokenDigest("a-token-of-somebody"), ANYONE]]),
  issuers: new Map([
    [
      "https://id.example",
      {
        issuer: "https://id.example",
        audience: ["busbar"],
        jwksUrl: "http://127.0.0.1:9/",
        clockToleranceSeconds: 60,
        name: "people",
        nameClaim: "sub",
        grants: [],
      },
    ],
  ]),
});

const CREDENTIALS = texts(
  "AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/events/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=" +
    "0".repeat(64),
  "Bearer a-token-of-somebody",
  "Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL3gifQ.",
  "Basic YTpi",
);

/** Whoever has no credential gets no further, whatever it says. */
export const credentials: Subject = {
  name: "credentials",
  weight: 2,
  corpus: CREDENTIALS,
  async run(input, chance) {
    const request = new IncomingMessage(new Socket());
    request.method = "POST";
    request.url = chance.happens(0.3)
      ? `/?X-Amz-Signature=${encodeURIComponent(header(input))}&X-Amz-Algorithm=AWS4-HMAC-SHA256`
      : "/";
    request.headers = { host: "a", "x-amz-date": "20260102T030405Z", authorization: header(input) };
    if (request.url !== "/") delete request.headers.authorization;
    const caller = await Promise.resolve()
      .then(() => authenticator.authenticate(request, "events:PutEvents", "events"))
      .then((authentication) => authentication.verify(Buffer.from("{}")))
      .catch((error: unknown) => (error instanceof Error ? error.name : "no error"));
    const isToken = /^Bearer +a-token-of-somebody$/i.test(header(input));
    assert.ok(caller === "Refusal" || isToken, `let in, or failed: ${typeof caller === "string" ? caller : "let in"}`);
  },
};
