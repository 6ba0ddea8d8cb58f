import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse as parseYaml } from "yaml";
import type { Json, JsonObject } from "../../../src/json/json.ts";
import { parsePath, selectPath } from "../../../src/json/json-path.ts";
import { parseTemplate, renderTemplate } from "../../../src/domain/rule/template.ts";
import { compileConditions } from "../../../src/edge/conditions/compile.ts";
import type { Block } from "../../support/docs/documentation.ts";
import { blocksOf } from "../../support/docs/documentation.ts";

function eventOf(blocks: readonly Block[]): JsonObject {
  const block = blocks.find(({ info }) => info === "json event");
  assert.ok(block);
  return JSON.parse(block.text) as JsonObject;
}

interface Example {
  readonly input?: Json;
  readonly inputPath?: string;
  readonly inputTransformer?: { inputPathsMap?: Record<string, string>; inputTemplate: string };
}

/** What a target with this input is given. */
function give({ input, inputPath, inputTransformer }: Example, event: JsonObject): Json | undefined {
  if (inputPath !== undefined) {
    const parsed = parsePath(inputPath);
    assert.ok(parsed.ok);
    return selectPath(parsed.path, event);
  }
  if (inputTransformer !== undefined) {
    const parsed = parseTemplate(inputTransformer.inputPathsMap ?? {}, inputTransformer.inputTemplate);
    assert.ok(parsed.ok, parsed.ok ? "" : parsed.reason);
    const eventJson = JSON.stringify(event);
    const rule = { ruleArn: "arn:aws:events:us-east-1:000000000000:rule/big-orders", ruleName: "big-orders" };
    const rendered = renderTemplate(parsed.template, { event, eventJson, ingestionTimeMs: 0, ...rule });
    assert.ok(rendered.ok);
    return JSON.parse(rendered.json) as Json;
  }
  return typeof input === "string" ? (JSON.parse(input) as Json) : input;
}

describe("docs/input.md", () => {
  const blocks = blocksOf("input.md");
  const event = eventOf(blocks);
  const examples = blocks.filter(({ info }) => info !== "json event");

  it("docs/input.md has pairs of an input and its result", () => {
    assert.ok(examples.length >= 14);
    assert.ok(examples.every(({ info }, index) => info === (index % 2 === 0 ? "yaml" : "json")));
  });

  for (const [index, { text }] of examples.entries()) {
    if (index % 2 === 1) continue;
    it(`docs/input.md shows the result of ${text.trim().replaceAll(/\s+/g, " ").slice(0, 60)}`, () =>
      assert.deepEqual(give(parseYaml(text) as Example, event), JSON.parse(examples[index + 1]!.text)));
  }
});

describe("docs/conditions.md", () => {
  const blocks = blocksOf("conditions.md");
  const event = eventOf(blocks);
  const examples = blocks.filter(({ info }) => info.startsWith("yaml"));

  it("docs/conditions.md has examples", () => assert.equal(examples.length, 3));

  for (const { info, text } of examples) {
    it(`docs/conditions.md shows conditions that are ${info.slice("yaml ".length)}`, async () => {
      const compiled = compileConditions(parseYaml(text));
      assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.problems));
      assert.equal(await compiled.conditions.areMet(event), info === "yaml met");
    });
  }
});
