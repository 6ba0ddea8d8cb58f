import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { Webhook } from "standardwebhooks";
import { apiDestinationInvoker } from "../../../src/edge/targets/api-destination/api-destination.ts";
import { webhookSignature } from "../../../src/edge/targets/api-destination/webhook-signature.ts";
import { invocation, NEVER, readBody, serveHttp } from "../../support/http/http-target.ts";

const [OLD, NEW] = [randomBytes(24), randomBytes(32)];
const webhook = (key: Buffer): Webhook => new Webhook(key.toString("base64"));

/** What a receiver gets of one call. */
async function received(signingKeys: readonly Buffer[]): Promise<{ body: string; headers: Record<string, string> }> {
  const seen = Promise.withResolvers<{ body: string; headers: Record<string, string> }>();
  const server = await serveHttp((request, response) => {
    void readBody(request).then((body) => {
      seen.resolve({ body, headers: request.headers as Record<string, string> });
      response.end();
    });
  });
  const invoker = apiDestinationInvoker({
    name: "crm",
    url: server.url,
    method: "POST",
    auth: { kind: "none" },
    invocationRateLimitPerSecond: 300,
    concurrency: 1,
    signingKeys,
  });
  await invoker.invoke(invocation(), NEVER);
  await invoker.close();
  await server.stop();
  return seen.promise;
}

describe("a signed call of an API destination", () => {
  it("A signed call of an API destination is accepted by the Standard Webhooks library, and by the delivery's id", async () => {
    const { body, headers } = await received([NEW]);
    assert.doesNotThrow(() => webhook(NEW).verify(body, headers));
    assert.equal(headers["webhook-id"], invocation().id);
  });

  it("A signed call of an API destination is accepted by receivers with the old secret and with the new one while both are configured", async () => {
    const { body, headers } = await received([OLD, NEW]);
    for (const key of [OLD, NEW]) assert.doesNotThrow(() => webhook(key).verify(body, headers));
    assert.throws(() => webhook(randomBytes(24)).verify(body, headers));
  });

  it("A signed call of an API destination is not accepted with another body, or long after", async () => {
    const { body, headers } = await received([NEW]);
    assert.throws(() => webhook(NEW).verify(`${body} `, headers));
    const old = webhookSignature([NEW], headers["webhook-id"]!, Buffer.from(body), Date.now() - 3_600_000);
    assert.throws(() => webhook(NEW).verify(body, { ...headers, ...old }), /too old/);
  });

  it("A signed call of an API destination has no signature where no secret is configured", async () => {
    const { headers } = await received([]);
    assert.equal(headers["webhook-signature"], undefined);
  });
});
