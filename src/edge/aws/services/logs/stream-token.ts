import type { LinePlace } from "../../../../domain/logs/line-place.ts";
import { linePlaceOf, tokenOf } from "../../../../domain/logs/line-place.ts";
import { invalidToken } from "./errors.ts";

/** Where a page of a log stream begins, or ends. */
export type StreamPlace =
  | { readonly direction: "forward"; readonly place: LinePlace }
  /** `nearMs` is about when the last line before the place was written, in epoch milliseconds. */
  | { readonly direction: "backward"; readonly place: LinePlace; readonly nearMs: number };

const TOKEN = /^(?:f\/([^/]+)|b\/([^/]+)\/(\d{1,15}))$/;

/** A place of a log stream as its token has it: `f/PLACE`, or `b/PLACE/MS`. */
export function streamToken(at: StreamPlace): string {
  return at.direction === "forward" ? `f/${tokenOf(at.place)}` : `b/${tokenOf(at.place)}/${Math.trunc(at.nearMs)}`;
}

/** @throws AwsError for a text that is no token */
export function streamPlaceOf(token: string): StreamPlace {
  const [, from, before, nearMs] = TOKEN.exec(token) ?? [];
  const place = linePlaceOf(from ?? before ?? "");
  if (place === undefined) throw invalidToken();
  return before === undefined
    ? { direction: "forward", place }
    : { direction: "backward", place, nearMs: Number(nearMs) };
}
