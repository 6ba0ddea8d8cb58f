import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createSealing } from "../../../../src/edge/sealing/sealing.ts";
import type { SealingFailure } from "../../../../src/ports/store/sealing.ts";
import { SealingError } from "../../../../src/ports/store/sealing.ts";

const [OLD, NEW] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const CRM = { kind: "secret", name: "connection/crm" };
const SECRET = "s3cret é 😀";

function refusalOf(run: () => unknown): SealingFailure | "done" {
  try {
    run();
    return "done";
  } catch (error) {
    assert.ok(error instanceof SealingError);
    assert.ok(!error.message.includes("s3cret"));
    return error.reason;
  }
}

describe("createSealing", () => {
  it("createSealing opens what it sealed, which is different each time and does not show the secret", () => {
    const sealing = createSealing([NEW]);
    const [one, other] = [sealing.seal(SECRET, CRM), sealing.seal(SECRET, CRM)];
    assert.notEqual(one, other);
    for (const sealed of [one, other]) assert.equal(sealing.open(sealed, CRM), SECRET);
    assert.equal(sealing.open(sealing.seal("", CRM), CRM), "");
    const bytes = Buffer.from(one.split(":").at(-1) ?? "", "base64url");
    assert.ok(!bytes.includes("s3cret") && bytes.length === Buffer.byteLength(SECRET) + 28);
  });

  it("createSealing seals by the first of its keys, and opens by all of them", () => {
    const [before, between, after] = [createSealing([OLD]), createSealing([NEW, OLD]), createSealing([NEW])];
    const [first, second] = [before.seal(SECRET, CRM), between.seal(SECRET, CRM)];
    assert.deepEqual(
      [between.open(first, CRM), between.open(second, CRM), after.open(second, CRM)],
      [SECRET, SECRET, SECRET],
    );
    assert.deepEqual([between.keyIdOf(first), between.keyIdOf(second)], [before.keyId, after.keyId]);
    assert.equal(
      refusalOf(() => after.open(first, CRM)),
      "unknown-key",
    );
  });

  it("createSealing seals nothing without a key, and says which setting it wants", () => {
    const sealing = createSealing([]);
    assert.equal(
      refusalOf(() => sealing.seal(SECRET, CRM)),
      "no-key",
    );
    assert.throws(() => sealing.seal(SECRET, CRM), /set BUSBAR_SECRET_KEY/);
    assert.equal(sealing.keyId, undefined);
  });

  it("createSealing opens nothing that was changed, moved to another entity, cut short or never sealed", () => {
    const sealing = createSealing([NEW, OLD]);
    const sealed = sealing.seal(SECRET, CRM);
    const head = sealed.slice(0, sealed.lastIndexOf(":") + 1);
    const bytes = Buffer.from(sealed.slice(head.length), "base64url");
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      assert.equal(
        refusalOf(() => sealing.open(head + changed.toString("base64url"), CRM)),
        "not-intact",
      );
    }
    for (let length = 0; length < bytes.length; length++)
      assert.equal(
        refusalOf(() => sealing.open(head + bytes.toString("base64url", 0, length), CRM)),
        "not-intact",
      );
    for (const entity of [
      { ...CRM, name: "connection/mine" },
      { ...CRM, kind: "other" },
    ])
      assert.equal(
        refusalOf(() => sealing.open(sealed, entity)),
        "not-intact",
      );
    const otherKey = sealed.replace(String(sealing.keyId), String(createSealing([OLD]).keyId));
    assert.equal(
      refusalOf(() => sealing.open(otherKey, CRM)),
      "not-intact",
    );
    for (const text of ["", SECRET, "sealed:1:", "sealed:2:0011223344556677:AAAA"])
      assert.deepEqual([refusalOf(() => sealing.open(text, CRM)), sealing.keyIdOf(text)], ["not-intact", undefined]);
  });
});
