import assert from "node:assert/strict";
import { describe, it } from "node:test";
import request from "supertest";
import { renderPreview } from "../../../src/flow/explain/render-preview.ts";
import { adminAppOf } from "../../support/http/admin-app.ts";
import { authenticatorOf, credentialsOf, TOKEN } from "../../support/http/authenticator.ts";
import { ROOT } from "../../support/router/checkout.ts";
import { busbar } from "../../support/router/command-line.ts";
import { IDENTITY, sampleConfig, sampleRule, sampleTarget } from "../../support/sample.ts";

const EVENT = '{"id":"e-1","source":"shop","detail-type":"Placed","detail":{"total":1.50,"long":12345678901234567890}}';

const transformer = (inputTemplate: string, inputPathsMap: object = {}) => ({
  inputTransformer: { inputPathsMap, inputTemplate },
});

const CONFIG = sampleConfig({
  rules: [
    sampleRule("totals", { source: ["shop"] }, [
      sampleTarget("path", { kind: "function", name: "one" }, { input: { kind: "path", path: "$.detail" } }),
      sampleTarget("whole", { kind: "function", name: "two" }),
    ]),
  ],
});

const app = adminAppOf({
  config: () => CONFIG,
  render: (asked) => renderPreview(asked, { config: CONFIG, identity: IDENTITY, nowMs: 0 }),
});

/** @param input joins the event in the body. */
async function render(query: string, input: object = {}, event = EVENT) {
  const rest = JSON.stringify(input).slice(1, -1);
  const body = `{"event":${event}${rest === "" ? "" : `,${rest}`}}`;
  const answer = await request(app).post(`/api/v1/render${query}`).type("json").send(body);
  return { status: answer.status, ...(answer.body as { rendered?: string; problem?: string; detail?: string }) };
}

describe("POST /api/v1/render", () => {
  it("renders a path and a template as deliveries are, with the numbers as they were written", async () => {
    assert.equal((await render("", { inputPath: "$.detail" })).rendered, '{"total":1.50,"long":12345678901234567890}');
    const { rendered } = await render(
      "?rule=totals",
      transformer('{"t":<t>,"rule":<aws.events.rule-name>}', { t: "$.detail.total" }),
    );
    assert.equal(rendered, '{"t":1.50,"rule":"totals"}');
    assert.equal((await render("")).rendered, EVENT);
  });

  it("renders by the input of a target in force", async () => {
    assert.equal((await render("?rule=totals&target=path")).rendered, '{"total":1.50,"long":12345678901234567890}');
    assert.equal((await render("?rule=totals&target=whole")).rendered, EVENT);
    const several = await render("?rule=totals");
    assert.deepEqual(
      [several.status, several.detail],
      [400, 'rule "default/totals" has several targets: name one of path, whole'],
    );
    assert.match((await render("?rule=totals&target=paht")).detail ?? "", /has no target "paht"/);
    assert.equal((await render("?rule=none")).status, 404);
  });

  it("answers with the reason for which a delivery would fail", async () => {
    assert.equal((await render("", { inputPath: "$.none" })).problem, "inputPath $.none finds nothing in the event");
    assert.match((await render("", { inputPath: "detail" })).problem ?? "", /^inputPath must start with \$/);
    assert.match((await render("", transformer('{"t":<t>}'))).problem ?? "", /^inputTransformer\.inputTemplate /);
    const both = await render("", { inputPath: "$", ...transformer('"x"') });
    assert.equal(both.problem, "inputPath and inputTransformer exclude each other");
  });

  it("refuses what is no event or no input", async () => {
    assert.equal((await render("", {}, "[]")).status, 400);
    assert.match((await render("", { inputPaht: "$" })).detail ?? "", /the body is wrong.*inputPaht/);
    assert.match((await render("?buss=x")).detail ?? "", /unknown parameter "buss"/);
    const long = await render("", { inputPath: "$".repeat(1_200_000) });
    assert.equal(long.status, 413);
  });

  it("needs the right to have events of the bus explained", async () => {
    const orders = { resources: ["arn:aws:events:*:*:event-bus/orders"], conditions: [] };
    const { authenticator } = authenticatorOf(
      credentialsOf({ effect: "Allow", actions: ["busbar:ExplainEvent"], ...orders }),
    );
    const guarded = adminAppOf({ authenticator, render: () => ({ is: "rendered", json: "1" }) });
    const ask = (query: string) =>
      request(guarded)
        .post(`/api/v1/render${query}`)
        .set("authorization", `Bearer ${TOKEN}`)
        .type("json")
        .send('{"event":{}}');
    assert.deepEqual([(await ask("?bus=orders")).status, (await ask("")).status], [200, 403]);
  });
});

describe("busbar render", () => {
  it("prints what a target of the configuration would be given, without a router", async () => {
    const args = ["render", "--config", `${ROOT}/config`, "--event", EVENT];
    const { code, stdout } = await busbar([...args, "--rule", "big-orders"]);
    assert.deepEqual([code, stdout], [0, '{"total":1.50,"long":12345678901234567890}\n']);
    assert.equal((await busbar([...args, "--input-path", "$.detail.total"])).stdout, "1.50\n");
    const failed = await busbar([...args, "--input-path", "$.none"]);
    assert.deepEqual([failed.code, failed.stderr], [1, "inputPath $.none finds nothing in the event\n"]);
  });
});
