import { isJsonObject } from "../../json/json.ts";
import { markedJson } from "../../json/marked-json.ts";

const layout = markedJson("busbar-revision/1");
const BYTES_MAX = 256;

/** Says to other routers which revision the store has. */
export function encodeRevision(revision: number): Buffer {
  return layout.encode({ revision });
}

/** Undefined for a message of another kind, and for one that is not whole. */
export function decodeRevision(bytes: Buffer): number | undefined {
  const message = bytes.length > BYTES_MAX ? undefined : layout.decode(bytes);
  const revision = isJsonObject(message) ? message["revision"] : undefined;
  return typeof revision === "number" && Number.isSafeInteger(revision) && revision > 0 ? revision : undefined;
}
