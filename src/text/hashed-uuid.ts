import { textHash } from "./text-hash.ts";

/** A UUID made of a text: the same everywhere (RFC 9562, version 8). */
export function hashedUuid(text: string): string {
  const words = [0, 1, 2, 3].map((at) => textHash(`${at} ${text}`));
  const hex = words.map((word) => word.toString(16).padStart(8, "0")).join("");
  // The version, and the variant, whose bits are 10.
  const variant = (8 + (parseInt(hex.charAt(16), 16) % 4)).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
