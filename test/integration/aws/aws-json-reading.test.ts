import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { ListRulesCommandInput } from "@aws-sdk/client-eventbridge";
import {
  DescribeEventBusCommand,
  DescribeRuleCommand,
  EventBridgeClient,
  ListEventBusesCommand,
  ListRuleNamesByTargetCommand,
  ListRulesCommand,
  ListTargetsByRuleCommand,
} from "@aws-sdk/client-eventbridge";
import type { Listening } from "../../../src/edge/http/server.ts";
import request from "supertest";
import { listen } from "../../../src/edge/http/server.ts";
import { load } from "../../support/config-folder.ts";
import { publicApp } from "../../support/http/public-app.ts";
import { sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../../support/sample.ts";

const STOCK = { kind: "function", name: "stock" } as const;
const PATTERN = { source: ["shop"] };

const CONFIG = sampleConfig({
  buses: ["orders", "audit"],
  functions: [sampleFunction("stock")],
  queues: ["failed"],
  rules: [
    sampleRule("zebra", PATTERN, [sampleTarget("one", STOCK)]),
    sampleRule("alpha", PATTERN, [], { description: "first", state: "DISABLED" }),
    sampleRule("alps", PATTERN, [sampleTarget("one", { kind: "queue", name: "failed" })]),
    sampleRule(
      "big",
      PATTERN,
      [
        sampleTarget("z", STOCK, { input: { kind: "path", path: "$.detail" } }),
        sampleTarget("a", { kind: "event-bus", name: "audit" }, { input: { kind: "constant", json: '{"a":1}' } }),
        sampleTarget(
          "m",
          { kind: "api-destination", name: "crm" },
          { retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 60 }, deadLetterQueue: "failed" },
        ),
      ],
      { bus: "orders" },
    ),
  ],
});

const ARN = "arn:aws:events:us-east-1:000000000000";

describe("reading the configuration with the AWS SDK", () => {
  let server: Listening;
  let client: EventBridgeClient;

  before(async () => {
    server = await listen(publicApp({ config: CONFIG }).app, { host: "127.0.0.1", port: 0 });
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    client = new EventBridgeClient({ endpoint: server.url, region: "us-east-1", credentials });
  });
  after(async () => {
    client.destroy();
    await server.close(0);
  });

  const refusal = (name: string, message: string | RegExp) => ({ name, message });

  it("DescribeEventBus describes a bus by name or ARN, and the default bus without either", async () => {
    const unknown = new Date(0);
    const orders = {
      Name: "orders",
      Arn: `${ARN}:event-bus/orders`,
      CreationTime: unknown,
      LastModifiedTime: unknown,
    };
    for (const Name of ["orders", orders.Arn]) {
      const { $metadata: _, ...bus } = await client.send(new DescribeEventBusCommand({ Name }));
      assert.deepEqual(bus, orders);
    }
    assert.equal((await client.send(new DescribeEventBusCommand({}))).Name, "default");
  });

  it("DescribeEventBus finds no bus by a name in other case or by an ARN of another region", async () => {
    for (const Name of ["Orders", "arn:aws:events:eu-west-1:000000000000:event-bus/orders"]) {
      await assert.rejects(
        client.send(new DescribeEventBusCommand({ Name })),
        refusal("ResourceNotFoundException", `Event bus ${Name} does not exist.`),
      );
    }
  });

  it("ListEventBuses lists the buses by name, and those with a prefix", async () => {
    const all = await client.send(new ListEventBusesCommand({}));
    assert.deepEqual(
      all.EventBuses?.map((bus) => bus.Name),
      ["audit", "default", "orders"],
    );
    assert.equal(all.NextToken, undefined);
    const some = await client.send(new ListEventBusesCommand({ NamePrefix: "o" }));
    assert.deepEqual(
      some.EventBuses?.map(({ Name, Arn }) => [Name, Arn]),
      [["orders", `${ARN}:event-bus/orders`]],
    );
  });

  it("A bus has the times of its configuration in whole epoch seconds", async () => {
    const at = "2026-01-31T12:00:00.900+01:00";
    const loaded = await load({ "a.yaml": `eventBuses: { orders: { creationTime: "${at}" }, default: {} }` });
    assert.ok(loaded.ok);
    const { app } = publicApp({ config: loaded.config });
    const timesBy = async (operation: string, input: object) => {
      const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AWSEvents.${operation}` };
      const { text } = await request(app).post("/").set(headers).send(JSON.stringify(input));
      return JSON.parse(text) as { EventBuses?: readonly object[] };
    };
    const epochSeconds = Date.parse("2026-01-31T11:00:00Z") / 1_000;
    const [unknown, made] = [0, epochSeconds].map((time) => ({ CreationTime: time, LastModifiedTime: time }));
    const name = (bus: string) => ({ Name: bus, Arn: `${ARN}:event-bus/${bus}` });
    assert.deepEqual(await timesBy("DescribeEventBus", { Name: "orders" }), { ...name("orders"), ...made });
    const { EventBuses } = await timesBy("ListEventBuses", {});
    assert.deepEqual(EventBuses, [
      { ...name("default"), ...unknown },
      { ...name("orders"), ...made },
    ]);
  });

  it("ListTargetsByRule lists a target without the members that it lacks", async () => {
    const yaml = `
apiDestinations: { crm: { url: "https://crm.example.com" } }
rules:
  r:
    eventPattern: { source: [shop] }
    targets: { a: { apiDestination: crm, inputTransformer: { inputTemplate: '"a"' } } }`;
    const loaded = await load({ "a.yaml": yaml });
    assert.ok(loaded.ok);
    const { app } = publicApp({ config: loaded.config });
    const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.ListTargetsByRule" };
    const { text } = await request(app)
      .post("/")
      .set(headers)
      .send(JSON.stringify({ Rule: "r" }));
    assert.deepEqual(JSON.parse(text), {
      Targets: [{ Id: "a", Arn: `${ARN}:api-destination/crm`, InputTransformer: { InputTemplate: '"a"' } }],
    });
  });

  it("DescribeRule describes a rule", async () => {
    const { $metadata: _, ...alpha } = await client.send(new DescribeRuleCommand({ Name: "alpha" }));
    assert.deepEqual(alpha, {
      Name: "alpha",
      Arn: `${ARN}:rule/alpha`,
      EventPattern: '{"source":["shop"]}',
      State: "DISABLED",
      Description: "first",
      EventBusName: "default",
      CreatedBy: "000000000000",
    });
    const big = await client.send(new DescribeRuleCommand({ Name: "big", EventBusName: `${ARN}:event-bus/orders` }));
    assert.deepEqual([big.Arn, big.EventBusName], [`${ARN}:rule/orders/big`, "orders"]);
  });

  it("DescribeRule finds no rule of another bus", async () => {
    for (const Name of ["big", "Alpha", "constructor"]) {
      await assert.rejects(
        client.send(new DescribeRuleCommand({ Name })),
        refusal("ResourceNotFoundException", `Rule ${Name} does not exist on EventBus default.`),
      );
    }
    await assert.rejects(
      client.send(new ListRulesCommand({ EventBusName: "nowhere" })),
      refusal("ResourceNotFoundException", "Event bus nowhere does not exist."),
    );
  });

  it("ListRules lists the rules of one bus, disabled ones included, and those with a prefix", async () => {
    const names = async (input: ListRulesCommandInput) =>
      (await client.send(new ListRulesCommand(input))).Rules?.map((rule) => rule.Name);
    assert.deepEqual(await names({}), ["alpha", "alps", "zebra"]);
    assert.deepEqual(await names({ NamePrefix: "al" }), ["alpha", "alps"]);
    assert.deepEqual(await names({ EventBusName: "orders" }), ["big"]);
    assert.deepEqual(await names({ EventBusName: "audit" }), []);
  });

  it("ListTargetsByRule lists the targets of a rule with their inputs", async () => {
    const { Targets } = await client.send(new ListTargetsByRuleCommand({ Rule: "big", EventBusName: "orders" }));
    assert.deepEqual(Targets, [
      { Id: "a", Arn: `${ARN}:event-bus/audit`, Input: '{"a":1}' },
      {
        Id: "m",
        Arn: `${ARN}:api-destination/crm`,
        RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 },
        DeadLetterConfig: { Arn: "arn:aws:sqs:us-east-1:000000000000:failed" },
      },
      { Id: "z", Arn: "arn:aws:lambda:us-east-1:000000000000:function:stock", InputPath: "$.detail" },
    ]);
  });

  it("ListRuleNamesByTarget lists the rules of one bus that have a target", async () => {
    const names = async (TargetArn: string, EventBusName?: string) =>
      (await client.send(new ListRuleNamesByTargetCommand({ TargetArn, EventBusName }))).RuleNames;
    const stock = "arn:aws:lambda:us-east-1:000000000000:function:stock";
    assert.deepEqual(await names(stock), ["zebra"]);
    assert.deepEqual(await names(stock, "orders"), ["big"]);
    assert.deepEqual(await names("arn:aws:sqs:us-east-1:000000000000:failed"), ["alps"]);
    assert.deepEqual(await names(`${stock}s`), []);
  });

  it("A listing has pages by Limit and NextToken", async () => {
    const first = await client.send(new ListRulesCommand({ Limit: 2 }));
    assert.deepEqual(
      first.Rules?.map((rule) => rule.Name),
      ["alpha", "alps"],
    );
    const second = await client.send(new ListRulesCommand({ Limit: 2, NextToken: first.NextToken }));
    assert.deepEqual(
      second.Rules?.map((rule) => rule.Name),
      ["zebra"],
    );
    assert.equal(second.NextToken, undefined);
  });

  it("A listing refuses a token of another listing", async () => {
    const { NextToken } = await client.send(new ListRulesCommand({ Limit: 1 }));
    const notValid = refusal("ValidationException", "Parameter NextToken is not valid.");
    await assert.rejects(client.send(new ListRulesCommand({ NextToken, NamePrefix: "al" })), notValid);
    await assert.rejects(client.send(new ListEventBusesCommand({ NextToken })), notValid);
    for (const other of ["x", "", "bnVsbA", `${String(NextToken)}=`]) {
      await assert.rejects(client.send(new ListRulesCommand({ NextToken: other })), notValid);
    }
  });

  it("A listing refuses a Limit that is not 1 to 100", async () => {
    const constraint = (value: number, bound: string) =>
      refusal(
        "ValidationException",
        `1 validation error detected: Value '${value}' at 'limit' failed to satisfy constraint: Member must have value ${bound}`,
      );
    await assert.rejects(client.send(new ListRulesCommand({ Limit: 0 })), constraint(0, "greater than or equal to 1"));
    await assert.rejects(
      client.send(new ListRulesCommand({ Limit: 101 })),
      constraint(101, "less than or equal to 100"),
    );
    await assert.rejects(
      client.send(new ListRulesCommand({ Limit: 1.5 })),
      refusal("SerializationException", "Limit must be an integer."),
    );
  });

  it("An impossible name is refused before any look-up, for all violated constraints at once", async () => {
    const pattern = "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+";
    const item = (value: string, at: string, constraint: string) =>
      `Value '${value}' at '${at}' failed to satisfy constraint: ${constraint}`;
    await assert.rejects(
      client.send(new DescribeRuleCommand({ Name: "orders/big", EventBusName: "nowhere" })),
      refusal("ValidationException", `1 validation error detected: ${item("orders/big", "name", pattern)}`),
    );
    await assert.rejects(
      client.send(new ListRulesCommand({ NamePrefix: "a b", EventBusName: "", Limit: 0 })),
      refusal(
        "ValidationException",
        `3 validation errors detected: ${[
          item("a b", "namePrefix", pattern),
          item("", "eventBusName", "Member must have length greater than or equal to 1"),
          item("0", "limit", "Member must have value greater than or equal to 1"),
        ].join("; ")}`,
      ),
    );
  });
});
