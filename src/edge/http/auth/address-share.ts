import { isIPv6 } from "node:net";

const GROUPS = 8;
/** A network of IPv6 has 64 bits, and whoever is in it has as many addresses as it likes. */
const NETWORK_GROUPS = 4;

/** Whose share an address has: its own, or that of its network where it is one of IPv6. */
export function addressShare(address: string): string {
  if (!isIPv6(address) || address.startsWith("::ffff:")) return address;
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const behind = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(GROUPS - before.length - behind.length).fill("0");
  return `${[...before, ...zeros, ...behind].slice(0, NETWORK_GROUPS).join(":")}::/64`;
}
