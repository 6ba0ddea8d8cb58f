import { PatternError } from "./pattern-error.ts";

/**
 * IP addresses as event-ruler reads them: dotted decimal IPv4, and IPv6 in hexadecimal groups. IPv6 with an IPv4
 * tail (`::ffff:10.0.0.1`) or a zone is not taken for an address at all, while an IPv4-mapped address written in
 * hexadecimal (`::ffff:a00:1`) is the IPv4 address it maps, since Java's InetAddress makes it one.
 */
export interface CidrBlock {
  /** The bytes of the address: 4 or 16. Bits after the prefix are of no account. */
  readonly address: readonly number[];
  /** How many leading bits count. */
  readonly prefixBits: number;
}

/** Eight groups of four digits. What is longer is no address, and an event may bring a megabyte of it. */
const ADDRESS_LENGTH_MAX = 39;

const IPV4_SHAPE = /^\d+\.\d+\.\d+\.\d+$/;
const IPV6_SHAPE = /^[0-9a-fA-F]*:[0-9a-fA-F:]*$/;

/** Reads `10.0.0.0/24` or `2001:db8::/32`. Throws a PatternError with AWS's wording. */
export function parseCidr(text: string): CidrBlock {
  const [ip = "", mask, ...more] = text.split("/");
  if (mask === undefined || mask === "" || more.length > 0) throw new PatternError("Malformed CIDR, one '/' required");
  const prefixBits = /^[+-]?\d{1,9}$/.test(mask) ? Number(mask) : Number.NaN;
  if (Number.isNaN(prefixBits)) throw new PatternError("Malformed CIDR, mask bits must be an integer");
  if (prefixBits < 0) throw new PatternError("Malformed CIDR, mask bits must not be negative");
  if (!IPV4_SHAPE.test(ip) && !IPV6_SHAPE.test(ip)) throw new PatternError(`Nonstandard IP address: ${ip}`);
  const address = parseAddress(ip);
  if (address === undefined) throw new PatternError(`Invalid IP address: ${ip}`);
  if (address.length === 4 && prefixBits >= 32) throw new PatternError("IPv4 mask bits must be < 32");
  if (prefixBits >= 128) throw new PatternError("IPv6 mask bits must be < 128");
  return { address, prefixBits };
}

/** The block that holds one address only; undefined when the text is not an address. */
export function singleAddress(text: string): CidrBlock | undefined {
  const address = parseAddress(text);
  return address && { address, prefixBits: address.length * 8 };
}

/** Whether the text is an address of the block's family that lies in the block. */
export function cidrContains(block: CidrBlock, text: string): boolean {
  const address = parseAddress(text);
  if (address?.length !== block.address.length) return false;
  return block.address.every((byte, index) => {
    const ignoredBits = Math.min(8, Math.max(0, (index + 1) * 8 - block.prefixBits));
    return byte >> ignoredBits === (address[index] ?? 0) >> ignoredBits;
  });
}

/** The bytes of an address, 4 or 16; undefined when the text is none. */
export function parseAddress(text: string): readonly number[] | undefined {
  if (text.length > ADDRESS_LENGTH_MAX) return undefined;
  if (IPV4_SHAPE.test(text)) return parseV4(text);
  return IPV6_SHAPE.test(text) ? parseV6(text) : undefined;
}

function parseV4(text: string): readonly number[] | undefined {
  const bytes = text.split(".").map(Number);
  return text.length <= 15 && bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseV6(text: string): readonly number[] | undefined {
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...before, ...Array.from({ length: missing }, () => "0"), ...after];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const bytes = all.map((group) => Number.parseInt(group, 16)).flatMap((group) => [group >> 8, group & 255]);
  const isV4Mapped = bytes.slice(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 255));
  return isV4Mapped ? bytes.slice(12) : bytes;
}

function groups(text: string): string[] {
  return text === "" ? [] : text.split(":");
}
