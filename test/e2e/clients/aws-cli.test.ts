import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { callEverything, skipWithout } from "../../support/aws/programs/programs.ts";
import { Router } from "../../support/router/router.ts";

const skip = await skipWithout("the AWS CLI", "python3", "-c", "import awscli.clidriver");

describe("The AWS CLI with every command", { skip, timeout: 180_000 }, () => {
  let router: Router;
  before(async () => {
    const env = { BUSBAR_SECRET_KEY: randomBytes(32).toString("base64") };
    const config = `queues: { work: {} }\nfunctions: { f: { http: { url: "http://127.0.0.1:9/" } } }\n`;
    router = await Router.start({ config, env });
  });
  after(() => router.remove());

  it("the AWS CLI gives every command of its events, scheduler and sqs, and those of mappings, and is answered as its users expect", async () => {
    const { called, model } = await callEverything("aws-cli.py", router.publicUrl);
    assert.deepEqual(called, model.toSorted());
  });
});
