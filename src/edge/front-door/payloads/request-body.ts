import { isUtf8 } from "node:buffer";
import type { DoorRequest } from "../door-request.ts";
import { headerOf } from "../door-request.ts";

const TEXT = /^(text\/|application\/(json|xml|javascript|x-www-form-urlencoded)$|[^;]+\+(json|xml)$)/;

/** A body as an event has it: text as it is, everything else in Base64. */
export interface EventBody {
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** Undefined where there is none. What calls itself text and is not UTF-8 would not survive as text. */
export function eventBody(request: Pick<DoorRequest, "headers">, body: Buffer): EventBody | undefined {
  if (body.length === 0) return undefined;
  const [type = ""] = (headerOf(request, "content-type") ?? "").toLowerCase().split(";");
  const mediaType = type.trim();
  const isEncoded = (headerOf(request, "content-encoding") ?? "identity") !== "identity";
  const isText = !isEncoded && (mediaType === "" || TEXT.test(mediaType)) && isUtf8(body);
  return isText
    ? { body: body.toString(), isBase64Encoded: false }
    : { body: body.toString("base64"), isBase64Encoded: true };
}
