import assert from "node:assert/strict";
import { describe, it } from "node:test";
import request from "supertest";
import { publicApp } from "../../../support/http/public-app.ts";
import { sampleConfig, sampleFunction } from "../../../support/sample.ts";

const ARN = "arn:aws:lambda:us-east-1:000000000000:function";
const F = "/2015-03-31/functions";

const work = sampleFunction("work", { timeoutSeconds: 5 });
const config = sampleConfig({
  functions: [
    {
      ...work,
      versions: new Map(
        ["9", "10"].map((version) => [version, { ...work, version, description: `number ${version}` }]),
      ),
      aliases: new Map([
        ["live", { name: "live", version: "9", additional: { version: "10", weight: 0.2 }, description: "what runs" }],
        ["next", { name: "next", version: "$LATEST" }],
      ]),
    },
    sampleFunction("alone"),
  ],
});
const { app } = publicApp({ config });

async function read(path: string): Promise<Record<string, unknown>> {
  const { status, text } = await request(app).get(path);
  assert.equal(status, 200, `${path}: ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

const REVISION = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("Versions and aliases over the Lambda API", () => {
  it("A function's versions are listed by number, behind itself", async () => {
    const { Versions } = await read(`${F}/work/versions`);
    const listed = (Versions as Record<string, unknown>[]).map(({ FunctionArn, Version, Description }) => {
      return [FunctionArn, Version, Description];
    });
    assert.deepEqual(listed, [
      [`${ARN}:work:$LATEST`, "$LATEST", ""],
      [`${ARN}:work:9`, "9", "number 9"],
      [`${ARN}:work:10`, "10", "number 10"],
    ]);
    const first = await read(`${F}/work/versions?MaxItems=2`);
    const rest = await read(`${F}/work/versions?MaxItems=2&Marker=${String(first["NextMarker"])}`);
    assert.deepEqual(
      (rest["Versions"] as Record<string, unknown>[]).map(({ Version }) => Version),
      ["10"],
    );
    const all = (await read(`${F}?FunctionVersion=ALL`))["Functions"] as Record<string, unknown>[];
    assert.deepEqual(
      all.map(({ FunctionArn }) => FunctionArn),
      ["alone:$LATEST", "work:$LATEST", "work:9", "work:10"].map((name) => `${ARN}:${name}`),
    );
  });

  it("A function is read as the version or alias that is asked for", async () => {
    const asked = async (qualifier: string) => {
      const { FunctionArn, Version, Description } = await read(`${F}/work/configuration?Qualifier=${qualifier}`);
      return [FunctionArn, Version, Description];
    };
    assert.deepEqual(await asked("10"), [`${ARN}:work:10`, "10", "number 10"]);
    assert.deepEqual(await asked("live"), [`${ARN}:work:live`, "9", "number 9"]);
    const missing = await request(app).get(`${F}/work?Qualifier=11`);
    assert.deepEqual(
      [missing.status, missing.text],
      [404, `{"Type":"User","Message":"Function not found: ${ARN}:work:11"}`],
    );
  });

  it("An alias is read with what it stands for, and aliases are listed by name and by version", async () => {
    const { RevisionId, ...live } = await read(`${F}/work/aliases/live`);
    assert.match(String(RevisionId), REVISION);
    assert.deepEqual(live, {
      AliasArn: `${ARN}:work:live`,
      Name: "live",
      FunctionVersion: "9",
      Description: "what runs",
      RoutingConfig: { AdditionalVersionWeights: { "10": 0.2 } },
    });
    const names = async (query: string) => {
      const { Aliases } = await read(`${F}/work/aliases${query}`);
      return (Aliases as Record<string, unknown>[]).map(({ Name }) => Name);
    };
    assert.deepEqual(await names(""), ["live", "next"]);
    assert.deepEqual([await names("?FunctionVersion=10"), await names("?FunctionVersion=7")], [["live"], []]);
    assert.deepEqual((await read(`${F}/alone/aliases`))["Aliases"], []);
  });
});
