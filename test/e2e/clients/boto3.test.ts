import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { callEverything, skipWithout } from "../../support/aws/programs/programs.ts";
import { Router } from "../../support/router/router.ts";

const skip = await skipWithout("boto3", "python3", "-c", "import boto3");
// Debian's is of before 2023, so that it speaks SQS's query protocol.
const DEBIAN_PYTHON = "/usr/bin/python3";
const skipDebian = await skipWithout("Debian's boto3", DEBIAN_PYTHON, "-c", "import boto3");

describe("boto3 with every operation", { skip, timeout: 180_000 }, () => {
  let router: Router;
  before(async () => {
    const env = { BUSBAR_SECRET_KEY: randomBytes(32).toString("base64") };
    const config = `queues: { work: {} }\nfunctions: { f: { http: { url: "http://127.0.0.1:9/" } } }\n`;
    router = await Router.start({ config, env });
  });
  after(() => router.remove());

  for (const program of ["events", "scheduler", "sqs-operations", "lambda"]) {
    it(`boto3 calls every operation of its model of ${program}, and is answered as it expects`, async () => {
      const { called, model } = await callEverything(`boto3-${program}.py`, router.publicUrl);
      assert.deepEqual(called, model.toSorted());
    });
  }

  it("Debian's boto3 calls every operation that it has of SQS", { skip: skipDebian }, async () => {
    const { called, model } = await callEverything("boto3-sqs-operations.py", router.publicUrl, DEBIAN_PYTHON);
    assert.deepEqual(called, model.toSorted());
  });
});
