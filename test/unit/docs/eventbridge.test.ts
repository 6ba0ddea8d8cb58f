import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { EVENTS_ACTIONS } from "../../../src/edge/aws/services/events/events.ts";
import { codeIn, rowsOf, sectionOf } from "../../support/docs/documentation.ts";

const MODEL = `
import botocore.session
print(" ".join(botocore.session.get_session().get_service_model("events").operation_names))
`;

/** The operations of AWS's model as botocore has it; undefined where it is not installed. */
async function operationsOfModel(): Promise<readonly string[] | undefined> {
  return promisify(execFile)("python3", ["-c", MODEL]).then(
    ({ stdout }) => stdout.trim().split(" "),
    () => undefined,
  );
}

const ofModel = await operationsOfModel();

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
