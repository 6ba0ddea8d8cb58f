import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { configJsonSchema } from "../../../src/config/json-schema.ts";

interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly object[];
}

describe("the JSON Schema for editors", () => {
  it("The JSON Schema in docs/ is the one that the code makes (`npm run schema` writes it)", async () => {
    const written: unknown = JSON.parse(await readFile("docs/busbar.schema.json", "utf8"));
    assert.deepEqual(written, configJsonSchema());
  });

  it("The JSON Schema describes every property", () => {
    const unexplained: string[] = [];
    let explained = 0;
    function visit(schema: JsonSchema, path: string): void {
      for (const [name, property] of Object.entries(schema.properties ?? {})) {
        if (property.description === undefined) unexplained.push(`${path}.${name}`);
        else explained++;
        visit(property, `${path}.${name}`);
      }
      if (typeof schema.additionalProperties === "object") visit(schema.additionalProperties, `${path}.*`);
      if (schema.items !== undefined) visit(schema.items, `${path}[]`);
    }
    visit(configJsonSchema(), "");
    assert.deepEqual(unexplained, []);
    assert.ok(explained > 50);
  });

  it("The JSON Schema requires exactly one kind of a function", () => {
    const functions = (configJsonSchema() as JsonSchema).properties?.functions?.additionalProperties;
    assert.ok(typeof functions === "object");
    assert.deepEqual(functions.oneOf, [
      { required: ["http"] },
      { required: ["runtimeApi"] },
      { required: ["container"] },
      { required: ["process"] },
    ]);
  });
});
