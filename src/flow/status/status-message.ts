import type { RouterStatus } from "../../domain/status/router-status.ts";
import { routerStatus } from "../../domain/status/router-status.ts";
import { isJsonObject } from "../../json/json.ts";
import { markedJson } from "../../json/marked-json.ts";

/** What routers say of themselves: how they are, or that they end. */
export type StatusMessage =
  { readonly type: "status"; readonly status: RouterStatus } | { readonly type: "end"; readonly id: string };

const layout = markedJson("busbar-status/1");
/** Some 200 destinations with long names and causes. */
const BYTES_MAX = 256 * 1024;

export function encodeStatusMessage(message: StatusMessage): Buffer {
  return layout.encode(message);
}

/** Undefined for a message of another kind, for one that is too long, and for one that is not whole. */
export function decodeStatusMessage(bytes: Buffer): StatusMessage | undefined {
  const message = bytes.length > BYTES_MAX ? undefined : layout.decode(bytes);
  if (!isJsonObject(message)) return undefined;
  const { type, id } = message;
  if (type === "end") return typeof id === "string" ? { type, id } : undefined;
  const read = routerStatus.safeParse(message["status"]);
  return type === "status" && read.success ? { type, status: read.data } : undefined;
}
