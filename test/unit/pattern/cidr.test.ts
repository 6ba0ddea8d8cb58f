import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { cidrContains, parseCidr, singleAddress } from "../../../src/pattern/cidr.ts";
import { assertBoundedWork } from "../../support/bounded-work.ts";

const formatV4 = (address: bigint) => [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join(".");
const formatV6 = (address: bigint) =>
  Array.from({ length: 8 }, (_, group) => ((address >> BigInt(112 - 16 * group)) & 0xffffn).toString(16)).join(":");

/** Addresses near to one another, so that about half of the pairs share a prefix. */
const pairs = (bits: number) =>
  fc
    .tuple(fc.bigInt({ min: 1n, max: (1n << BigInt(bits)) - 1n }), fc.integer({ min: 0, max: bits - 1 }))
    .map(([address, flipped]) => [address, address ^ (1n << BigInt(flipped))] as const);

describe("blocks of addresses", () => {
  const families = [
    { name: "IPv4", bits: 32, format: formatV4 },
    { name: "IPv6", bits: 128, format: formatV6 },
  ];
  for (const { name, bits, format } of families) {
    it(`A block holds the ${name} addresses whose leading bits are its own, as big integers say`, () => {
      const property = fc.property(pairs(bits), fc.integer({ min: 0, max: bits - 1 }), ([base, other], prefixBits) => {
        const ignored = BigInt(bits - prefixBits);
        const block = parseCidr(`${format(base)}/${prefixBits}`);
        assert.equal(cidrContains(block, format(other)), base >> ignored === other >> ignored);
        assert.ok(cidrContains(block, format(base)));
      });
      fc.assert(property, { numRuns: 500 });
    });
  }

  it("A block takes IPv6 addresses in every way of writing them", () => {
    const block = singleAddress("2001:db8::1");
    assert.ok(block);
    for (const same of ["2001:0DB8:0:0:0:0:0:1", "2001:db8:0::0:1"]) assert.ok(cidrContains(block, same), same);
    for (const other of ["2001:db8::2", "2001:db8::1::", "2001:db8:0:0:0:0:1", "1:2:3:4:5:6:7:8:9", ":", "::g"]) {
      assert.ok(!cidrContains(block, other), other);
    }
  });

  it("A block takes :: for at least one group", () => {
    assert.equal(singleAddress("1:2:3:4::5:6:7:8"), undefined);
    assert.ok(singleAddress("1:2:3::5:6:7:8"));
    assert.ok(singleAddress("::"));
  });

  it("A block takes an IPv4-mapped address in hexadecimal for the IPv4 address, as Java does", () => {
    assert.ok(cidrContains(parseCidr("10.0.0.0/8"), "::ffff:a00:1"));
    assert.ok(!cidrContains(parseCidr("10.0.0.0/8"), "::ffff:10.0.0.1"));
  });

  it("A block of no bits holds every address of its family, and none of the other", () => {
    assert.ok(cidrContains(parseCidr("0.0.0.0/0"), "255.255.255.255"));
    assert.ok(!cidrContains(parseCidr("0.0.0.0/0"), "::1"));
  });
});

describe("a megabyte in the place of an address", () => {
  it("A megabyte in the place of an address is no address and takes bounded work", async () => {
    const block = parseCidr("10.0.0.0/8");
    for (const piece of [":", "1.", "f", "::"]) {
      const text = piece.repeat(1_048_576 / piece.length);
      assert.equal(cidrContains(block, text), false);
      await assertBoundedWork(`"${piece}", again and again`, text.length, () => cidrContains(block, text));
    }
  });
});
