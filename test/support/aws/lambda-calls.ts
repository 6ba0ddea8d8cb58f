import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";

/** What the Lambda API answered. */
export interface LambdaAnswer {
  readonly status: number;
  /** The header that says which error it is. */
  readonly error: string | null;
  readonly body: Record<string, unknown>;
}

/** An access key. */
interface LambdaKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A request of the Lambda API on event source mappings. @param path behind the one of all of them, with a query */
export async function callLambda(
  url: string,
  method: string,
  path: string,
  input?: object,
  key?: LambdaKey,
): Promise<LambdaAnswer> {
  const whole = `/2015-03-31/event-source-mappings${path}`;
  const request = { method, ...(input === undefined ? {} : { body: JSON.stringify(input) }) };
  const headers = key === undefined ? {} : await signed(url, whole, request, key);
  const response = await fetch(`${url}${whole}`, { ...request, headers });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, error: response.headers.get("x-amzn-errortype"), body };
}

/** @param path without a query */
async function signed(
  url: string,
  path: string,
  request: { readonly method: string; readonly body?: string },
  credentials: LambdaKey,
): Promise<Record<string, string>> {
  const { host, hostname } = new URL(url);
  const signer = new SignatureV4({
    service: "lambda",
    region: "us-east-1",
    credentials,
    sha256: Hash.bind(null, "sha256"),
  });
  const { headers } = await signer.sign({
    ...request,
    protocol: "http:",
    hostname,
    path,
    query: {},
    headers: { host },
  });
  return headers;
}
