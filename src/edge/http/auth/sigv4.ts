import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal.ts";
import type { SignedRequest } from "./signed-request.ts";
import { pathOf, queryOf } from "./signed-request.ts";

/** How far a caller's clock may be off, as for AWS. */
const CLOCK_SKEW_MS = 5 * 60_000;

const MISMATCH =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/**
 * Checks a signature as far as that is possible before the body is read: that it is for this service and for now, and
 * covers every header that decides what the request does. The region may be any: clients are set to one of AWS's, and
 * the router's is only a name.
 *
 * @param service whose signing name the scope must have.
 * @throws Refusal
 */
export function checkSigned(signed: SignedRequest, { headers }: IncomingMessage, service: string, nowMs: number): void {
  const { date, expiresSeconds, signedHeaders } = signed;
  if (signed.service !== service) {
    throw new Refusal("bad_signature", `Credential should be scoped to correct service: '${service}'.`);
  }
  const signedAtMs = dateMs(date);
  const fromMs = signedAtMs - CLOCK_SKEW_MS;
  const untilMs = expiresSeconds === undefined ? signedAtMs + CLOCK_SKEW_MS : signedAtMs + expiresSeconds * 1_000;
  const now = dateText(nowMs);
  if (!(nowMs >= fromMs)) {
    throw new Refusal("clock_skew", `Signature not yet current: ${date} is still later than ${now} + 5 min.`);
  }
  if (nowMs > untilMs) {
    const message =
      expiresSeconds === undefined
        ? `Signature expired: ${date} is now earlier than ${dateText(nowMs - CLOCK_SKEW_MS)} (${now} - 5 min.)`
        : `Signature expired: ${date} was good for ${expiresSeconds} s, and now is ${now}.`;
    throw new Refusal("clock_skew", message);
  }
  const mustBeSigned = ["host", ...Object.keys(headers).filter((name) => name.startsWith("x-amz-"))];
  const unsigned = mustBeSigned.find((name) => !signedHeaders.includes(name));
  if (unsigned !== undefined) {
    throw new Refusal("malformed", `'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`);
  }
}

/** The body's hash that a request's header names. It is signed, since every `x-amz-` header must be. */
export function signedHashOf({ headers }: IncomingMessage): string | undefined {
  const hash = headers["x-amz-content-sha256"];
  return typeof hash === "string" ? hash : undefined;
}

/** @throws Refusal when the body has another hash than the signed one. */
export function checkHash(hash: string, body: Buffer): void {
  if (hash !== createHash("sha256").update(body).digest("hex")) throw mismatch();
}

/**
 * Verifies a signature: signs the same request and body with the known secret, and compares. Where the request names
 * the body's hash, the signature covers that instead of the body; `checkHash` then checks the body.
 *
 * @throws Refusal when the signatures differ.
 */
export async function verifySignature(
  signed: SignedRequest,
  request: IncomingMessage,
  body: Buffer,
  secret: string,
): Promise<void> {
  const expected = await sign(signed, request, body, secret);
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(signed.signature))) throw mismatch();
}

async function sign(signed: SignedRequest, request: IncomingMessage, body: Buffer, secret: string): Promise<string> {
  const signer = new SignatureV4({
    service: signed.service,
    region: signed.region,
    credentials: { accessKeyId: signed.accessKeyId, secretAccessKey: secret },
    sha256: Hash.bind(null, "sha256"),
    applyChecksum: false,
  });
  const { url = "/" } = request;
  const same = {
    method: request.method ?? "POST",
    protocol: "http:",
    hostname: "",
    path: pathOf(url),
    query: signedQueryOf(url),
    headers: signedHeadersOf(signed, request),
    body,
  };
  const names = new Set(signed.signedHeaders);
  const options = { signingDate: new Date(dateMs(signed.date)), signableHeaders: names };
  if (signed.expiresSeconds === undefined) {
    const { headers } = await signer.sign(same, options);
    return /Signature=([0-9a-f]{64})$/.exec(headers["authorization"] ?? "")?.[1] ?? "".padEnd(64);
  }
  const presigned = await signer.presign(same, {
    ...options,
    expiresIn: signed.expiresSeconds,
    unhoistableHeaders: names,
  });
  return String(presigned.query?.["X-Amz-Signature"]);
}

function signedHeadersOf({ signedHeaders }: SignedRequest, { headers }: IncomingMessage): Record<string, string> {
  const found = signedHeaders.map((name): [string, string] => {
    // Every object has a property of such a name as __proto__.
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (value === undefined) throw mismatch();
    return [name, Array.isArray(value) ? value.join(",") : value];
  });
  return Object.fromEntries(found);
}

function signedQueryOf(url: string): Record<string, string | string[]> {
  const searchParams = queryOf(url);
  const names = [...new Set(searchParams.keys())].filter((name) => name !== "X-Amz-Signature");
  return Object.fromEntries(
    names.map((name) => {
      const values = searchParams.getAll(name);
      return [name, values.length === 1 ? (values[0] ?? "") : values];
    }),
  );
}

function mismatch(): Refusal {
  return new Refusal("bad_signature", MISMATCH);
}

/** NaN for an impossible date, such as the 32nd. */
function dateMs(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function dateText(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
}
