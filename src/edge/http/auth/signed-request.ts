import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal.ts";

/** A request's signature as it is written (AWS Signature Version 4). Nothing of it is verified yet. */
export interface SignedRequest {
  readonly accessKeyId: string;
  /** The day of the scope, `YYYYMMDD`. */
  readonly day: string;
  readonly region: string;
  readonly service: string;
  /** In lower case. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly date: string;
  /** The validity of a presigned request in seconds; undefined for one that is signed in its header. */
  readonly expiresSeconds?: number;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const PRESIGNED_SECONDS_MAX = 7 * 24 * 3_600;
const SIGNED_HEADERS_MAX = 100;

/** Whether a request has a signature, in its header or its query. The signature may be unreadable. */
export function isSigned({ headers, url = "" }: IncomingMessage): boolean {
  return (headers.authorization?.startsWith("AWS4-") ?? false) || queryOf(url).has("X-Amz-Signature");
}

/** The service in the scope of a request's signature, not verified; undefined where nothing is signed. */
export function signedService({ headers, url = "" }: IncomingMessage): string | undefined {
  const inHeader = /\bCredential=([^,\s]+)/.exec(headers.authorization ?? "")?.[1];
  return (inHeader ?? queryOf(url).get("X-Amz-Credential") ?? "").split("/")[3];
}

/** The path of a request as it was sent. A URL parser would read a host after two slashes. */
export function pathOf(url: string): string {
  const at = url.indexOf("?");
  return at === -1 ? url : url.slice(0, at);
}

/** The parameters of a request's query. */
export function queryOf(url: string): URLSearchParams {
  const at = url.indexOf("?");
  return new URLSearchParams(at === -1 ? "" : url.slice(at + 1));
}

/**
 * Reads the signature of a request, from its Authorization header or its query; undefined when there is none in either.
 *
 * @throws Refusal when the signature cannot be read.
 */
export function readSignature({ headers, url = "/" }: IncomingMessage): SignedRequest | undefined {
  const { authorization } = headers;
  const query = queryOf(url);
  if (authorization !== undefined) {
    if (query.has("X-Amz-Signature")) throw incomplete("Credentials must be in the Authorization header or the query.");
    if (!authorization.startsWith(`${ALGORITHM} `)) return undefined;
    const fields = fieldsOf(authorization.slice(ALGORITHM.length));
    return read(fields, "Authorization header", headerText(headers["x-amz-date"]));
  }
  if (!query.has("X-Amz-Signature")) return undefined;
  if (query.get("X-Amz-Algorithm") !== ALGORITHM) throw incomplete(`X-Amz-Algorithm must be ${ALGORITHM}.`);
  const fields = new Map(
    ["Credential", "SignedHeaders", "Signature"].map((name) => [name, query.get(`X-Amz-${name}`)]),
  );
  const signed = read(fields, "query", query.get("X-Amz-Date") ?? undefined);
  return { ...signed, expiresSeconds: expiresOf(query.get("X-Amz-Expires")) };
}

type Fields = ReadonlyMap<string, string | null>;

/** `Credential=…, SignedHeaders=…, Signature=…` */
function fieldsOf(text: string): Fields {
  const pairs = text.split(",").map((part): [string, string] => {
    const [name = "", ...value] = part.trim().split("=");
    return [name, value.join("=")];
  });
  return new Map(pairs);
}

function read(fields: Fields, where: string, date: string | undefined): SignedRequest {
  const need = (name: string): string => {
    const value = fields.get(name);
    if (value === undefined || value === null || value === "") throw incomplete(`The ${where} lacks "${name}".`);
    return value;
  };
  const scope = need("Credential").split("/");
  const [accessKeyId = "", day = "", region = "", service = "", terminator] = scope;
  if (scope.length !== 5 || terminator !== "aws4_request" || accessKeyId === "") {
    throw incomplete(`Credential must be ACCESS_KEY_ID/YYYYMMDD/REGION/SERVICE/aws4_request.`);
  }
  if (date === undefined || !/^\d{8}T\d{6}Z$/.test(date)) throw incomplete("X-Amz-Date must be YYYYMMDDTHHMMSSZ.");
  if (!date.startsWith(day) || day.length !== 8) {
    throw new Refusal(
      "bad_signature",
      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date.",
    );
  }
  const signature = need("Signature");
  if (!/^[0-9a-f]{64}$/.test(signature)) throw incomplete("Signature must be 64 hexadecimal digits.");
  const signedHeaders = need("SignedHeaders").toLowerCase().split(";");
  if (signedHeaders.length > SIGNED_HEADERS_MAX)
    throw incomplete(`SignedHeaders names more than ${SIGNED_HEADERS_MAX}.`);
  return { accessKeyId, day, region, service, signedHeaders, signature, date };
}

function expiresOf(text: string | null): number {
  const seconds = text !== null && /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= PRESIGNED_SECONDS_MAX) return seconds;
  throw incomplete(`X-Amz-Expires must be 1..${PRESIGNED_SECONDS_MAX}.`);
}

function incomplete(message: string): Refusal {
  return new Refusal("malformed", message);
}

function headerText(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
