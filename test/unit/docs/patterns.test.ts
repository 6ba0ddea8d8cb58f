import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse as parseYaml } from "yaml";
import type { JsonObject } from "../../../src/json/json.ts";
import { matches } from "../../../src/pattern/matches.ts";
import { parsePattern } from "../../../src/pattern/parse/parse.ts";
import type { Pattern } from "../../../src/pattern/pattern.ts";
import { blocksOf, codeIn, sectionOf } from "../../support/docs/documentation.ts";

const PAGE = "patterns.md";

function patternOf(yaml: string): Pattern {
  const parsed = parsePattern(JSON.stringify(parseYaml(yaml)));
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.reason);
  return parsed.pattern;
}

function eventsOf(lines: string): readonly JsonObject[] {
  const events = lines.trim().split("\n");
  return events.map((line) => JSON.parse(line) as JsonObject);
}

/** A cell of a Markdown table has its bars escaped. */
function errors(): readonly (readonly [pattern: string, reason: string])[] {
  const rows = [...sectionOf(PAGE, "## Errors").matchAll(/^\| (`.*`) \| (`.*`) \|$/gm)];
  return rows.map(([, pattern = "", reason = ""]) => [codeIn(pattern)[0]!, codeIn(reason)[0]!.replaceAll("\\|", "|")]);
}

describe("docs/patterns.md", () => {
  const blocks = blocksOf(PAGE);

  it("docs/patterns.md shows for each pattern what matches and what does not", () => {
    assert.ok(blocks.length >= 3 * 18);
    const infos = ["yaml", "json matches", "json does not match"];
    assert.deepEqual(
      blocks.map(({ info }) => info),
      blocks.map((_, index) => infos[index % 3]),
    );
  });

  for (let index = 0; index < blocks.length; index += 3) {
    const [pattern, fitting, others] = blocks.slice(index, index + 3);
    it(`docs/patterns.md is right about ${pattern!.text.trim().replaceAll(/\s+/g, " ")}`, () => {
      const compiled = patternOf(pattern!.text);
      for (const event of eventsOf(fitting!.text)) assert.ok(matches(compiled, event), JSON.stringify(event));
      for (const event of eventsOf(others!.text)) assert.ok(!matches(compiled, event), JSON.stringify(event));
    });
  }

  it("docs/patterns.md has an example of every operator", () => {
    const headings = [...sectionOf(PAGE, "## Operators").matchAll(/^### (.+)$/gm)].map(([, heading = ""]) => heading);
    const operators = headings.flatMap((heading) => heading.split(" and "));
    // What the parser knows is not listed anywhere, so it is asked for each that event-ruler has.
    const known = (name: string): boolean => {
      const parsed = parsePattern(JSON.stringify({ a: [{ [name]: 1 }] }));
      return parsed.ok || parsed.reason !== `Unrecognized match type ${name}`;
    };
    const candidates = ["exactly", "prefix", "suffix", "equals-ignore-case", "wildcard", "numeric", "cidr", "exists"];
    assert.deepEqual(operators.sort(), [...candidates, "anything-but"].sort());
    assert.ok(operators.every(known));
    assert.ok(!["regex", "date-after", "in-date-range", "ip-address-in-range"].some(known));
  });

  it("docs/patterns.md quotes the reasons of wrong patterns as they are", () => {
    assert.ok(errors().length >= 16);
    for (const [pattern, reason] of errors()) {
      const parsed = parsePattern(pattern);
      assert.deepEqual(parsed.ok ? undefined : parsed.reason, reason);
    }
  });

  it("docs/patterns.md names the limits", () => {
    const limits = sectionOf(PAGE, "## Limits");
    const branches = (count: number) => Array.from({ length: count }, (_, index) => ({ a: [index] }));
    assert.match(limits, /1,000 combinations/);
    assert.ok(parsePattern(JSON.stringify({ $or: branches(1_000) })).ok);
    assert.ok(!parsePattern(JSON.stringify({ $or: branches(1_001) })).ok);
    assert.match(limits, /^- 100 levels/m);
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}[1]${"}".repeat(levels)}`;
    assert.ok(parsePattern(nested(100)).ok);
    assert.ok(!parsePattern(nested(101)).ok);
  });
});
