import assert from "node:assert/strict";
import { it } from "node:test";
import { ownConfigurations } from "../../../../src/edge/admin/configuration/own-configurations.ts";
import { sampleConfig } from "../../../support/sample.ts";

it("A configuration is listed from the moment that it is in force, before any router has said that it runs it", async () => {
  const config = sampleConfig({});
  const { configurations } = await ownConfigurations(config, {
    list: () => [],
    lastHour: () => [],
  }).configurations();
  const { digest, bytes } = config.document;
  assert.deepEqual(
    configurations.map((each) => [each.digest, each.bytes, each.inForce]),
    [[digest, bytes, []]],
  );
});
