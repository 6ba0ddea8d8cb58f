import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addressShare } from "../../../../src/edge/http/auth/address-share.ts";

describe("address shares", () => {
  const cases: readonly [address: string, share: string][] = [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "::ffff:192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::9", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["unknown", "unknown"],
  ];
  for (const [address, share] of cases) {
    it(`An IPv6 address shares with its network: ${address}`, () => assert.equal(addressShare(address), share));
  }
});
