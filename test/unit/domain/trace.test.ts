import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  isTraceparent,
  traceparentOfXRay,
  xRayOfDelivery,
  xRayOfTraceparent,
} from "../../../src/domain/event/trace.ts";

const TRACEPARENT = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
const XRAY = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

describe("trace positions", () => {
  it("A trace position is recognised among other texts", () => {
    assert.ok(isTraceparent(TRACEPARENT));
    assert.ok(isTraceparent(TRACEPARENT.replace(/^00/, "cc") + "-more"), "a later version may have more fields");
    const wrong = [
      "",
      TRACEPARENT.toUpperCase(),
      TRACEPARENT.replace(/^00/, "ff"),
      `${TRACEPARENT}-more`,
      TRACEPARENT.slice(0, -1),
      "00-00000000000000000000000000000000-53995c3f42cd8ad8-01",
      "00-5759e988bd862e3fe1be46a994272793-0000000000000000-01",
    ];
    for (const text of wrong) assert.ok(!isTraceparent(text), text);
  });

  it("A trace position is the same in both spellings", () => {
    assert.equal(traceparentOfXRay(XRAY), TRACEPARENT);
    assert.equal(xRayOfTraceparent(TRACEPARENT), XRAY);
  });

  it("A trace position is made of a delivery's id where there is none, and of nothing else", () => {
    const made = xRayOfDelivery("4d4ab6d6-6bd1-4a2c-a66b-9c0d2c6a1d11");
    assert.equal(made, "Root=1-4d4ab6d6-6bd14a2ca66b9c0d2c6a1d11;Parent=a66b9c0d2c6a1d11;Sampled=0");
    assert.ok(isTraceparent(traceparentOfXRay(made) ?? ""));
    assert.equal(xRayOfDelivery("order-7"), undefined);
  });

  it("A trace position is sampled only when its flag is set", () => {
    const unsampled = TRACEPARENT.replace(/01$/, "00");
    for (const end of ["Sampled=0", "Sampled=?", ""]) {
      assert.equal(traceparentOfXRay(XRAY.replace("Sampled=1", end)), unsampled);
    }
    assert.equal(xRayOfTraceparent(unsampled), XRAY.replace("Sampled=1", "Sampled=0"));
    assert.equal(xRayOfTraceparent(TRACEPARENT.replace(/01$/, "03")), XRAY, "other flags do not count");
  });

  it("A trace position is read from X-Ray fields in any order, with spaces, other fields, and no parent", () => {
    const shuffled = "Self=1-0-0; Sampled=1; Parent=53995c3f42cd8ad8; Root=1-5759E988-bd862e3fe1be46a994272793";
    assert.equal(traceparentOfXRay(shuffled), TRACEPARENT);
    const rootOnly = "Root=1-5759e988-bd862e3fe1be46a994272793";
    assert.equal(traceparentOfXRay(rootOnly), "00-5759e988bd862e3fe1be46a994272793-e1be46a994272793-00");
  });

  it("A malformed text makes no trace position", () => {
    for (const text of ["", "Root=", "Root=2-5759e988-bd862e3fe1be46a994272793", "Root=1-5759e988-bd86", TRACEPARENT]) {
      assert.equal(traceparentOfXRay(text), undefined, text);
    }
    assert.equal(xRayOfTraceparent(XRAY), undefined);
  });
});
