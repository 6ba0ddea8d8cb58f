import type { IncomingMessage } from "node:http";
import type { Identity } from "../../../../domain/arn.ts";
import { pathOf } from "../../../http/auth/signed-request.ts";

/** `/ACCOUNT/NAME`, and older `/queue/NAME`, at the end of a URL. */
const QUEUE_PATH = /\/(?:\d{12}|queue)\/([^/?#]{1,384})\/?$/;

/** Whether a path is a queue's. */
export function isQueuePath(path: string): boolean {
  return /^\/(?:\d{12}|queue)\/[^/?#]{1,384}\/?$/.test(pathOf(path));
}

/** The name of a queue from its URL, of whatever host, or from its name alone; undefined for a text that is neither. */
export function queueNameOf(url: string): string | undefined {
  const name = url.includes("/") ? QUEUE_PATH.exec(url)?.[1] : url;
  try {
    return name === undefined || name === "" ? undefined : decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

/**
 * The URL of a queue as its client must use it: several SDKs call the host of this URL and not their endpoint, so it is
 * the one that the request came to.
 */
export function queueUrl(request: IncomingMessage, { accountId }: Identity, name: string): string {
  const { headers, socket } = request;
  const forwarded = headers["x-forwarded-proto"];
  const isTls = forwarded === undefined ? "encrypted" in socket : forwarded === "https";
  return `${isTls ? "https" : "http"}://${headers.host ?? "localhost"}/${accountId}/${encodeURIComponent(name)}`;
}
