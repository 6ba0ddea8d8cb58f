import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { payloadReadsOnce } from "../../../../src/edge/observe/payload-reads.ts";
import type { AccessFacts } from "../../../../src/ports/access-observer.ts";

const read: AccessFacts = {
  principal: "bearer-token/ann",
  action: "busbar:ReadPayloads",
  resource: "bus-1",
  from: "127.0.0.1",
  outcome: "allowed",
};

function recording() {
  const seen: AccessFacts[] = [];
  const clock = { ms: 60_000 };
  const nothing = () => undefined;
  const observer = {
    access: (facts: AccessFacts) => seen.push(facts),
    credentialsReloaded: nothing,
    issuerKeys: nothing,
  };
  return { seen, clock, audit: payloadReadsOnce(observer, () => clock.ms) };
}

describe("Reads of payloads in the audit", () => {
  it("are recorded once for each caller, action and resource in a minute", () => {
    const { seen, clock, audit } = recording();
    const others = [
      { ...read, principal: "bearer-token/ben" },
      { ...read, action: "busbar:PeekQueue" },
      { ...read, resource: "bus-2" },
    ];
    for (const facts of [read, read, ...others, read, ...others]) audit.access(facts);
    assert.deepEqual(seen, [read, ...others]);
    clock.ms += 59_999;
    audit.access(read);
    assert.equal(seen.length, 4);
    clock.ms += 1;
    audit.access(read);
    assert.equal(seen.length, 5);
  });

  it("are those of an address where nobody is asked for credentials", () => {
    const { seen, audit } = recording();
    const { principal: _, ...unknown } = read;
    for (const from of ["10.0.0.1", "10.0.0.2", "10.0.0.1"]) audit.access({ ...unknown, from });
    assert.deepEqual(
      seen.map(({ from }) => from),
      ["10.0.0.1", "10.0.0.2"],
    );
  });

  it("leave every refusal and every change in the audit", () => {
    const { seen, audit } = recording();
    const refused: AccessFacts = { ...read, outcome: "access_denied" };
    const change: AccessFacts = { ...read, action: "busbar:PurgeQueue" };
    for (const facts of [refused, refused, change, change]) audit.access(facts);
    assert.deepEqual(seen, [refused, refused, change, change]);
  });

  it("are remembered up to a bound: beyond it they are recorded twice rather than never", () => {
    const { seen, audit } = recording();
    for (let number = 0; number < 10_001; number++) audit.access({ ...read, resource: `bus-${number}` });
    audit.access({ ...read, resource: "bus-0" });
    assert.equal(seen.length, 10_002);
  });
});
