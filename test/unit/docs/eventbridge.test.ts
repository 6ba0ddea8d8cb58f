import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EVENTS_ACTIONS } from "../../../src/edge/aws/services/events/events.ts";
import { operationsOfModel } from "../../support/docs/aws-model.ts";
import { codeIn, rowsOf, sectionOf } from "../../support/docs/documentation.ts";

const ofModel = await operationsOfModel("events");

describe("docs/eventbridge.md", () => {
  const listed = rowsOf(sectionOf("eventbridge.md", "## Operations")).flatMap(([names = ""]) => codeIn(names));

  it("docs/eventbridge.md lists every operation that is answered, each once", () => {
    const answered = EVENTS_ACTIONS.map((action) => action.slice("events:".length));
    assert.deepEqual([...listed].sort(), [...answered].sort());
  });

  it(
    "docs/eventbridge.md lists every operation of AWS's model",
    { skip: ofModel === undefined && "botocore is not installed" },
    () => {
      const missing = (ofModel ?? []).filter((name) => !listed.includes(name));
      assert.deepEqual(missing, []);
    },
  );
});
