import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { problemsOf } from "../../support/config-folder.ts";
import { readBody, serveHttp } from "../../support/http/http-target.ts";
import { Router } from "../../support/router/router.ts";

describe("What a target adds to a call", { timeout: 60_000 }, () => {
  it("A target's parameters are taken from the event into the call, and what is not there is a dead letter", async (t) => {
    const lines: string[] = [];
    const server = await serveHttp((request, response) => {
      void readBody(request).then((body) => {
        lines.push(`${request.method} ${request.url} ${String(request.headers["x-source"])} ${body}`);
        response.end();
      });
    });
    const router = await Router.start({
      config: `
apiDestinations:
  crm:
    url: ${server.url}/customers/*/orders
    connection:
      basic: { username: u, password: p }
      invocationHttpParameters: { bodyParameters: { tenant: t1 }, queryStringParameters: { v: "1" } }
queues: { orders: {}, dead: {} }
rules:
  r:
    eventPattern: { source: [shop] }
    targets:
      crm:
        apiDestination: crm
        inputPath: $.detail
        httpParameters:
          pathParameterValues: [$.detail.customer]
          headerParameters: { X-Source: $.source }
          queryStringParameters: { v: "2", id: $.detail.id }
        deadLetterConfig: { queue: dead }
      keep: { queue: orders, sqsParameters: { messageGroupId: group-1 } }
`,
    });
    t.after(() => Promise.all([server.stop(), router.remove()]));
    await router.put([
      { source: "shop", detail: { customer: "c/1", id: 7 } },
      { source: "shop", detail: { id: 8 } },
    ]);
    await eventually("the API destination is called", () => lines.length > 0);
    assert.deepEqual(lines, ['POST /customers/c%2F1/orders?v=1&id=7 shop {"customer":"c/1","id":7,"tenant":"t1"}']);
    await eventually("there is a dead letter", async () => (await router.depth("dead")) === 1);
    const [letter] = await router.receive("dead");
    assert.match(String(letter?.headers["ERROR_MESSAGE"]), /\$\.detail\.customer of httpParameters finds nothing/);
    const [kept] = await router.receive("orders");
    assert.equal(kept?.headers["busbar-message-group-id"], "group-1");
  });

  it("httpParameters are for API destinations, and sqsParameters for queues", async () => {
    const problems = await problemsOf({
      "a.yaml": `
queues: { q: {} }
functions: { f: { http: { url: "http://f" } } }
rules:
  r:
    eventPattern: { source: [s] }
    targets:
      a: { queue: q, httpParameters: {} }
      b: { function: f, sqsParameters: { messageGroupId: g } }
`,
    });
    assert.deepEqual(problems, [
      'rule "r": target "a": httpParameters is for API destinations only (a.yaml:8:22)',
      'rule "r": target "b": sqsParameters is for queues only (a.yaml:9:25)',
    ]);
  });
});
