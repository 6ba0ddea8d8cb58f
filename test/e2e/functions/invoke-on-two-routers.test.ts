import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvokeCommand, ServiceException } from "@aws-sdk/client-lambda";
import { eventually } from "../../contract/waiting.ts";
import { lambdaClient } from "../../support/aws/lambda-client.ts";
import { PollingEnvironment } from "../../support/functions/environment.ts";
import { poll } from "../../support/functions/runtime-api-client.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { Router } from "../../support/router/router.ts";

describe("Invoke on two routers", () => {
  it("A call reaches an environment that polls the other router; a kill of either leaves its caller with an error, and events are delivered", async (t) => {
    const web = await RecordingFunction.start();
    t.after(() => web.stop());
    const config = `
functions:
  polled: { runtimeApi: {}, timeoutSeconds: 60 }
  web: { http: { url: "${web.url}" } }
  boxed: { container: { url: "http://127.0.0.1:9" } }
`;
    const env = { BUSBAR_BROKER: await freshVhost(t, ["busbar.function.polled", "busbar.function.web"]) };
    const [one, two] = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
    t.after(() => Promise.all([one.remove(), two.remove()]));
    const client = lambdaClient(one.publicUrl);
    t.after(() => client.destroy());
    const invoke = (
      FunctionName: string,
      payload: unknown,
      InvocationType: "RequestResponse" | "Event" = "RequestResponse",
    ) => client.send(new InvokeCommand({ FunctionName, InvocationType, Payload: JSON.stringify(payload) }));

    // It polls and answers at the second router only, and callers are at the first.
    const environment = new PollingEnvironment("polled", [two.runtimeApiPort]);
    const running = environment.run();
    const calls = await Promise.all([1, 2, 3].map((n) => invoke("polled", { n })));
    assert.deepEqual(
      new Set(calls.map(({ StatusCode, FunctionError }) => `${StatusCode} ${FunctionError}`)),
      new Set(["200 undefined"]),
    );
    assert.deepEqual(new Set(environment.requestIds), new Set(calls.map(({ $metadata }) => $metadata.requestId)));
    assert.equal(await one.metricSum("busbar_function_invokes_total", { function: "polled", outcome: "success" }), 3);
    environment.stop();
    // The last poll is answered by a call, so that the environment ends.
    await invoke("polled", {});
    await running;

    // This one takes a call at the second router and never answers it: its router is killed with the call in hand.
    const taking = poll(two.runtimeApiPort, { host: "polled.localhost:9001" });
    const lost = invoke("polled", { n: 4 }).then(
      () => assert.fail("it was answered"),
      (error: unknown) => error,
    );
    assert.equal((await taking)?.status, 200);
    await two.kill();
    const error = await lost;
    assert.ok(error instanceof ServiceException && error.message.includes("may have been called"));

    // The router that was asked is killed: its caller's connection breaks, and what it had answered with 202 is delivered.
    const queued = await Promise.all([1, 2, 3].map((n) => invoke("web", { n }, "Event")));
    await one.kill();
    await two.launch();
    await eventually("each event is delivered", () =>
      queued.every(({ $metadata }) => web.calls.some(({ deliveryId }) => deliveryId === $metadata.requestId)),
    );
    await one.launch();
    const refused = await fetch(`${one.publicUrl}/2015-03-31/functions/boxed/invocations`, { method: "POST" });
    assert.deepEqual(
      [refused.status, refused.headers.get("x-amzn-errortype")],
      [400, "InvalidParameterValueException"],
    );
  });
});
