import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SECTIONS as sections, SINGLE_SECTIONS } from "../../../src/config/kinds/kinds.ts";
import { SECRET_PLACES } from "../../../src/config/kinds/kind/secret-places.ts";
import { load, problemsOf } from "../../support/config-folder.ts";
import { blocksOf, codeIn, readPage, rowsOf, sectionOf } from "../../support/docs/documentation.ts";

const PAGE = "configuration.md";

/** The part of JSON Schema that the configuration's has. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** What the page says of a property, and what the schema says of it. */
interface Property {
  /** `required`, the default as JSON, a text's without its quotes, or nothing. */
  readonly initial: string;
  readonly range: string;
}

const schema = JSON.parse(readPage("busbar.schema.json")) as Schema;

function entrySchema(section: string): Schema {
  const found = schema.properties?.[section];
  if (SINGLE_SECTIONS.has(section)) return found ?? {};
  const entries = found?.additionalProperties;
  assert.ok(typeof entries === "object");
  return entries;
}

/** Every property below a schema, by its dotted path; `NAME` stands for the names that people give. */
function propertiesOf(parent: Schema, prefix = ""): readonly (readonly [path: string, property: Property])[] {
  const named = [parent, ...(parent.anyOf ?? [])].flatMap(({ properties }) => Object.entries(properties ?? {}));
  const free = typeof parent.additionalProperties === "object" ? [["NAME", parent.additionalProperties] as const] : [];
  return [...named, ...free].flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    const initial = parent.required?.includes(name) ? "required" : shown(property.default);
    return [[path, { initial, range: rangeOf(property) }] as const, ...propertiesOf(property, `${path}.`)];
  });
}

function shown(initial: unknown): string {
  if (initial === undefined) return "";
  return typeof initial === "string" ? initial : JSON.stringify(initial);
}

function rangeOf(property: Schema): string {
  if (property.enum !== undefined) return property.enum.map((value) => `\`${value}\``).join(", ");
  return property.minimum === undefined ? "" : `${property.minimum}..${property.maximum}`;
}

/** The same as the page's table has it. A range that the schema does not know is for people alone. */
function documented(section: string): readonly (readonly [path: string, property: Property])[] {
  const known = new Map(propertiesOf(entrySchema(section)));
  return rowsOf(sectionOf(PAGE, `## ${section}`)).flatMap(([names = "", , initial = "", range = ""]) =>
    codeIn(names).map((path) => {
      const checked = known.get(path)?.range === "" ? "" : range;
      return [path, { initial: initial.replaceAll("`", ""), range: checked }] as const;
    }),
  );
}

describe("docs/configuration.md", () => {
  it("docs/configuration.md lists exactly the sections that there are", () => {
    const intro = readPage(PAGE).split("\n## ")[0]!;
    const listed = rowsOf(intro).map(([name = ""]) => codeIn(name)[0]);
    assert.deepEqual(listed, Object.keys(schema.properties ?? {}));
    assert.deepEqual(listed, sections);
  });

  for (const section of sections) {
    it(`docs/configuration.md lists exactly the properties of ${section}, with their defaults and ranges`, () => {
      const expected = [...propertiesOf(entrySchema(section))].sort();
      assert.ok(expected.length > 0);
      assert.deepEqual([...documented(section)].sort(), expected);
    });
  }

  it("docs/configuration.md lists exactly the places that references to secrets may stand in", () => {
    const listed = rowsOf(sectionOf(PAGE, "## Secrets")).flatMap(([places = ""]) => codeIn(places));
    assert.deepEqual(listed.toSorted(), [...SECRET_PLACES].sort());
  });

  it("docs/configuration.md shows valid configurations", async () => {
    const examples = blocksOf(PAGE).filter(({ info }) => info === "yaml config");
    assert.equal(examples.length, 3);
    for (const { text } of examples) {
      // The secret of the example is not on this machine.
      const loaded = await load({ "a.yaml": text.replaceAll("${file:/run/secrets/crm}", "secret") });
      assert.ok(loaded.ok, loaded.ok ? "" : JSON.stringify(loaded.problems));
    }
  });

  it("docs/configuration.md shows mistakes with the problems that they give", async () => {
    const blocks = blocksOf(PAGE);
    const broken = blocks.find(({ info }) => info === "yaml broken");
    const session = blocks.find(({ info }) => info === "console");
    assert.ok(broken && session);
    const [command, ...lines] = session.text.trimEnd().split("\n");
    const problems = await problemsOf({ "rules.yaml": broken.text });
    assert.equal(command, "$ npx busbar validate broken");
    assert.equal(lines.pop(), `broken/: ${problems.length} problems`);
    assert.deepEqual(
      lines.map((line) => line.replace("(broken/", "(")),
      problems,
    );
  });
});
