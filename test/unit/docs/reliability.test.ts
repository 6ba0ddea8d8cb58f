import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SCENARIOS } from "../../../bench/faults/scenarios.ts";
import { codeIn, rowsOf, sectionOf } from "../../support/docs/documentation.ts";

const PAGE = "reliability.md";
const LOST_COLUMN = 4;

describe("docs/reliability.md", () => {
  it("docs/reliability.md lists exactly the scenarios that exist, with what happens in them", () => {
    const listed = rowsOf(sectionOf(PAGE, "## What was tried"));
    const scenarios = SCENARIOS.map(({ name, description, ciSeconds }) => [
      `\`${name}\``,
      description,
      ciSeconds === undefined ? "" : "yes",
    ]);
    assert.deepEqual(listed, scenarios);
  });

  for (const version of ["3.10", "4.3"]) {
    it(`docs/reliability.md gives each scenario's result on RabbitMQ ${version}, or says that it was not run`, () => {
      const rows = rowsOf(sectionOf(PAGE, `### On RabbitMQ ${version}`));
      const names = rows.flatMap(([name = ""]) => codeIn(name));
      assert.deepEqual(
        names,
        SCENARIOS.map(({ name }) => name),
      );
      const known = sectionOf(PAGE, "## What is not promised");
      for (const [name = "", accepted, ...others] of rows) {
        const lost = [name, accepted, ...others][LOST_COLUMN] ?? "";
        if (accepted === "not run") assert.equal(lost, "", name);
        else assert.match(lost, /^[\d,]+$/, name);
        // A loss may stand in the table only with its reason.
        if (Number(lost) !== 0) assert.ok(known.includes(name), `${name} lost events: the page must say why`);
      }
    });
  }
});
