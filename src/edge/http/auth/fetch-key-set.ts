import type { JSONWebKeySet } from "jose";
import type { TokenIssuer } from "../../../domain/access/credentials.ts";

const FETCH_TIMEOUT_MS = 5_000;
/** An issuer has a few keys of some hundred bytes each. */
const DOCUMENT_BYTES_MAX = 1_048_576;

/**
 * Fetches an issuer's keys from `jwksUrl`, or else from the address in its discovery document (OpenID Connect Discovery
 * 1.0, section 4). Rejects when the answer is not a set of keys.
 */
export async function fetchKeySet({
  issuer,
  jwksUrl,
}: Pick<TokenIssuer, "issuer" | "jwksUrl">): Promise<JSONWebKeySet> {
  const { keys } = await fetchObject(jwksUrl ?? (await discover(issuer)), "the issuer's keys");
  if (!Array.isArray(keys)) throw new Error("the issuer's keys: the answer has no list of keys");
  return { keys: keys as JSONWebKeySet["keys"] };
}

async function discover(issuer: string): Promise<string> {
  const what = "the issuer's discovery document";
  const base = issuer.endsWith("/") ? issuer.slice(0, -1) : issuer;
  const { jwks_uri: url } = await fetchObject(`${base}/.well-known/openid-configuration`, what);
  if (typeof url !== "string" || !URL.canParse(url)) throw new Error(`${what} has no jwks_uri`);
  return url;
}

async function fetchObject(url: string, what: string): Promise<Readonly<Record<string, unknown>>> {
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
  const response = await fetch(url, { signal, redirect: "error" });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${what}: HTTP ${response.status}`);
  }
  const value: unknown = JSON.parse(await issuerText(response, what));
  if (typeof value !== "object" || value === null) throw new Error(`${what}: the answer is no JSON object`);
  return value as Readonly<Record<string, unknown>>;
}

/** Reads an issuer's answer. Rejects when it is longer than any that an issuer has reason for. */
export async function issuerText(response: Response, what: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > DOCUMENT_BYTES_MAX) throw new Error(`${what}: the answer is longer than ${DOCUMENT_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
