import { isIPv6 } from "node:net";

const GROUPS = 8;
/** A host of an IPv6 network has as many addresses as it likes, so the network's 64 bits count. */
const NETWORK_GROUPS = 4;

/** The share that an address counts to: its own, or for IPv6 its network's. */
export function addressShare(address: string): string {
  if (!isIPv6(address) || address.startsWith("::ffff:")) return address;
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const behind = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(GROUPS - before.length - behind.length).fill("0");
  return `${[...before, ...zeros, ...behind].slice(0, NETWORK_GROUPS).join(":")}::/64`;
}
