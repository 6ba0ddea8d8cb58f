import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RULE_COUNTS, RULE_SETS } from "../../../bench/match/rule-sets.ts";
import { program } from "../../../bench/program.ts";
import { TOLERANCES } from "../../../bench/soak.ts";
import { rowsOf, sectionOf } from "../../support/docs/documentation.ts";

const PAGE = "performance.md";

/** The rows below a heading which begin with an option. */
function optionRows(heading: string): readonly (readonly string[])[] {
  return rowsOf(sectionOf(PAGE, heading)).filter(([first]) => first?.startsWith("`--"));
}

function shown(defaultValue: unknown): string {
  if (Array.isArray(defaultValue)) return defaultValue.join(",");
  return typeof defaultValue === "number" ? String(defaultValue) : "";
}

describe("docs/performance.md", () => {
  const headings = {
    deliver: "## `npm run bench -- deliver`",
    match: "## `npm run bench -- match`",
    index: "## The console's index",
    live: "## `npm run bench -- live`",
    idle: "## `npm run bench -- idle`",
    "rules-api": "## `npm run bench -- rules-api`",
    schedules: "## `npm run bench -- schedules`",
    archive: "## `npm run bench -- archive`",
    sqs: "## `npm run bench -- sqs`",
    mappings: "## `npm run bench -- mappings`",
    invoke: "## `npm run bench -- invoke`",
    soak: "## `npm run soak`",
  };

  it("docs/performance.md has every benchmark", () => {
    const names = program.commands.map((command) => command.name());
    assert.deepEqual(names.sort(), Object.keys(headings).sort());
  });

  for (const [name, heading] of Object.entries(headings)) {
    it(`docs/performance.md lists the options of ${name} with their defaults and meanings`, () => {
      const command = program.commands.find((each) => each.name() === name);
      const options = command?.options.map(({ flags, defaultValue, description }) => [
        `\`${flags}\``,
        shown(defaultValue),
        description,
      ]);
      assert.deepEqual(optionRows(heading), options);
    });
  }

  it("docs/performance.md has the figures of every set of rules", () => {
    const sets = rowsOf(sectionOf(PAGE, headings.match)).filter(([first]) => !first?.startsWith("`--"));
    assert.deepEqual(
      sets.map(([first]) => first),
      [...Object.keys(RULE_SETS), ...RULE_COUNTS.map((count) => `rules-${count}`)],
    );
  });

  it("docs/performance.md states the tolerances of the soak", () => {
    const stated = rowsOf(sectionOf(PAGE, headings.soak)).filter(([first]) => !first?.startsWith("`--"));
    const set = Object.entries(TOLERANCES).map(([figure, { share, least }]) => [
      figure,
      `${share * 100} %`,
      String(least),
    ]);
    assert.deepEqual(stated, set);
  });
});
