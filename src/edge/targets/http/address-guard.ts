import type { LookupAddress } from "node:dns";
import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { BlockList, isIP, isIPv4 } from "node:net";
import { buildConnector } from "undici";
import type { TlsTexts } from "../../../domain/target/tls-texts.ts";

/**
 * Addresses that are not on the public internet, by IANA's registries of special-purpose addresses; also multicast,
 * site-local IPv6, and Azure's metadata service, whose address is public. An IPv4 block also covers the IPv6 addresses
 * that embed one of its addresses: mapped ones (`::ffff:10.0.0.1`) and those of NAT64 (`64:ff9b::10.0.0.1`).
 */
const PRIVATE_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
] as const;
const PRIVATE_IPV6 = [
  "::/96",
  // Translated IPv4 addresses (RFC 2765): some gateways route them to the embedded address.
  "::ffff:0:0:0/96",
  "64:ff9b:1::/48",
  "100::/64",
  "100:0:0:1::/64",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20",
  "5f00::/16",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
] as const;

const NAT64_PREFIX = "64:ff9b::";
const NAT64_PREFIX_BITS = 96;

const PRIVATE = blockListOf([...PRIVATE_IPV4, ...PRIVATE_IPV6, ...PRIVATE_IPV4.map(behindNat64)]);

/** Returns whether an address may be connected to. */
export type AddressGuard = (address: string) => boolean;

/** Allows all addresses that are not private, and the ranges that the operator allows, in CIDR notation. */
export function createAddressGuard(allowedRanges: readonly string[]): AddressGuard {
  const allowed = blockListOf(allowedRanges);
  return (address) => {
    const family = isIPv4(address) ? "ipv4" : "ipv6";
    return allowed.check(address, family) || !PRIVATE.check(address, family);
  };
}

export interface GuardedConnectorOptions {
  readonly guard: AddressGuard;
  readonly timeoutMs: number;
  readonly tls?: TlsTexts | undefined;
  /** Resolves names; the system's by default. */
  readonly lookup?: LookupFunction;
}

/**
 * A connector that connects to no address that the guard refuses. It checks the address of the connection itself, so a name
 * that resolves to another address a moment later gains nothing.
 */
export function guardedConnector(options: GuardedConnectorOptions): buildConnector.connector {
  const { guard, timeoutMs, tls, lookup = systemLookup } = options;
  const connect = buildConnector({ ...tls, timeout: timeoutMs, allowH2: false, lookup: guardedLookup(guard, lookup) });
  return (target, callback) => {
    // An address is not looked up, so it is checked here.
    const isRefused = isIP(target.hostname) !== 0 && !guard(target.hostname);
    if (isRefused) callback(new AddressNotAllowedError([target.hostname]), null);
    else connect(target, callback);
  };
}

/** Names the addresses that were refused. Its code makes it a failure that is not tried again. */
class AddressNotAllowedError extends Error {
  override readonly name = "AddressNotAllowedError";
  readonly code = "ADDRESS_NOT_ALLOWED";
  constructor(addresses: readonly string[]) {
    super(`${addresses.join(", ")}: private, and not among BUSBAR_ALLOW_PRIVATE_DESTINATIONS`);
  }
}

/** A lookup without the addresses that the guard refuses. It fails where none is left. */
function guardedLookup(guard: AddressGuard, lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      // With `all` it is a list, although Node.js's type allows one address.
      const addresses = found as LookupAddress[];
      if (error !== null) return callback(error, []);
      const allowed = addresses.filter(({ address }) => guard(address));
      const [first] = allowed;
      if (first === undefined) {
        callback(new AddressNotAllowedError(addresses.map(({ address }) => address)), []);
      } else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    list.addSubnet(address, Number(bits), isIPv4(address) ? "ipv4" : "ipv6");
  }
  return list;
}

function behindNat64(range: string): string {
  const [address = "", bits] = range.split("/");
  return `${NAT64_PREFIX}${address}/${NAT64_PREFIX_BITS + Number(bits)}`;
}
