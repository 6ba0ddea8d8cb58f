import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { load } from "../../support/config-folder.ts";
import {
  CreateEndpointCommand,
  CreateEventBusCommand,
  DescribeEventBusCommand,
  EventBridgeClient,
  ListEventBusesCommand,
  PutEventsCommand,
  PutPermissionCommand,
  type PutPermissionCommandInput,
  RemovePermissionCommand,
} from "@aws-sdk/client-eventbridge";
import type { EventExplanationAnswer } from "../../../src/admin-api/events/explain.ts";
import { busbar } from "../../support/router/command-line.ts";
import { Router } from "../../support/router/router.ts";

const CONFIG = `
eventBuses:
  of-a-file:
    policy:
      statements:
        - { sid: partners, effect: Allow, principal: "111122223333", action: events:PutEvents }
`;

const KEYS = `
accessKeys:
  AKIDADMIN: { secret: a-secret-of-the-admin, statements: [{ effect: Allow, action: "events:*", resource: "*" }] }
  AKIDSHOP:
    name: shop
    secret: a-secret-of-the-shop
    statements: [{ effect: Allow, action: "events:List*", resource: "*" }]
  AKIDPARTNER:
    name: partner
    account: "111122223333"
    secret: a-secret-of-the-partner
    statements: [{ effect: Allow, action: "events:List*", resource: "*" }]
bearerTokens:
  operators:
    tokens: [a-token-of-the-operators]
    statements: [{ effect: Allow, action: "busbar:*", resource: "*" }]
`;
const BUS_ARN = "arn:aws:events:us-east-1:000000000000:event-bus";
const SHOP_ARN = "arn:aws:iam::000000000000:user/access-key/shop";

describe("The policies of event buses", { timeout: 120_000 }, () => {
  let router: Router;
  const clients: EventBridgeClient[] = [];
  let [admin, shop, partner]: EventBridgeClient[] = [];
  before(async () => {
    router = await Router.start({ config: CONFIG });
    await router.stop();
    const file = join(router.folder, "keys");
    await writeFile(file, KEYS);
    await router.launch({ env: { BUSBAR_ACCESS_KEYS_FILE: file } });
    const clientOf = (accessKeyId: string, secretAccessKey: string): EventBridgeClient => {
      const credentials = { accessKeyId, secretAccessKey };
      const client = new EventBridgeClient({ endpoint: router.publicUrl, region: "us-east-1", credentials });
      clients.push(client);
      return client;
    };
    admin = clientOf("AKIDADMIN", "a-secret-of-the-admin");
    shop = clientOf("AKIDSHOP", "a-secret-of-the-shop");
    partner = clientOf("AKIDPARTNER", "a-secret-of-the-partner");
    await admin.send(new CreateEventBusCommand({ Name: "orders" }));
  });
  after(async () => {
    for (const client of clients) client.destroy();
    await router.remove();
  });

  const permit = (input: PutPermissionCommandInput) => admin?.send(new PutPermissionCommand(input));
  const policyOf = async (Name: string): Promise<unknown> => {
    const { Policy } = (await admin?.send(new DescribeEventBusCommand({ Name }))) ?? {};
    return Policy === undefined ? undefined : JSON.parse(Policy);
  };
  /** The error code of each put; undefined where it was accepted. */
  const codesOf = async (client: EventBridgeClient | undefined, bus: string, ...sources: string[]) => {
    const Entries = sources.map((Source) => ({ Source, DetailType: "T", Detail: "{}", EventBusName: bus }));
    const answer = await client?.send(new PutEventsCommand({ Entries }));
    return answer?.Entries?.map(({ ErrorCode }) => ErrorCode);
  };

  /** How the router explains a put of the operators. */
  const explainedPut = async (source: string) => {
    const response = await fetch(`${router.adminUrl}/api/v1/explain?bus=orders`, {
      method: "POST",
      headers: { authorization: "Bearer a-token-of-the-operators" },
      body: JSON.stringify({ source, "detail-type": "T", detail: {} }),
    });
    return ((await response.json()) as EventExplanationAnswer).put;
  };

  it("An explanation says whether its caller may put, and which statement of which policy decides", async () => {
    const principal = "bearer-token/operators";
    assert.deepEqual(await explainedPut("till"), { principal, decision: "not-allowed" });
    const put = { Action: "events:PutEvents", Principal: "*", Resource: `${BUS_ARN}/orders` };
    const Condition = { StringLike: { "events:source": "bank*" } };
    const Statement = [
      { Sid: "everybody", Effect: "Allow", ...put },
      { Effect: "Deny", ...put, Condition },
    ];
    await permit({ EventBusName: "orders", Policy: JSON.stringify({ Version: "2012-10-17", Statement }) });
    const by = (name: string) => `${name} of the policy of event bus orders`;
    assert.deepEqual(await explainedPut("till"), { principal, decision: "allowed", statement: by("everybody") });
    assert.deepEqual(await explainedPut("bank.a"), { principal, decision: "denied", statement: by("statement 2") });
    await admin?.send(new RemovePermissionCommand({ EventBusName: "orders", RemoveAllPermissions: true }));
  });

  it("The audit names the statement that allowed a change, and has changes of what is never there", async () => {
    const routing = {
      FailoverConfig: {
        Primary: { HealthCheck: "arn:aws:route53:::healthcheck/x" },
        Secondary: { Route: "eu-west-1" },
      },
    };
    const endpoint = {
      Name: "global",
      RoutingConfig: routing,
      EventBuses: [{ EventBusArn: "a" }, { EventBusArn: "b" }],
    };
    await assert.rejects(admin?.send(new CreateEndpointCommand(endpoint)) ?? Promise.resolve(), {
      name: "OperationDisabledException",
    });
    const line = await router.logged("the change", (each) => each["action"] === "events:CreateEndpoint");
    assert.deepEqual(
      [line.msg, line["principal"], line["statement"]],
      ["allowed", "access-key/AKIDADMIN", "statement 1"],
    );
  });

  it("PutPermission writes a statement as AWS does, replaces the one of its id, and lets that account put", async () => {
    await assert.rejects(codesOf(shop, "orders", "s"), { name: "AccessDeniedException" });
    const permission = { EventBusName: "orders", Action: "events:PutEvents", StatementId: "one" };
    await permit({ ...permission, Principal: "999999999999" });
    await permit({ ...permission, Principal: "111122223333" });
    const statement = {
      Sid: "one",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::111122223333:root" },
      Action: "events:PutEvents",
      Resource: `${BUS_ARN}/orders`,
    };
    assert.deepEqual(await policyOf("orders"), { Version: "2012-10-17", Statement: [statement] });
    assert.deepEqual(await codesOf(partner, "orders", "s"), [undefined]);
    await permit({ ...permission, StatementId: "all", Principal: "*" });
    const { EventBuses } = (await admin?.send(new ListEventBusesCommand({ NamePrefix: "orders" }))) ?? {};
    const everybody = { ...statement, Sid: "all", Principal: "*" };
    assert.deepEqual(JSON.parse(EventBuses?.[0]?.Policy ?? ""), {
      Version: "2012-10-17",
      Statement: [statement, everybody],
    });
    assert.deepEqual(await codesOf(shop, "orders", "s"), [undefined]);
    await admin?.send(new RemovePermissionCommand({ EventBusName: "orders", StatementId: "all" }));
    await admin?.send(new RemovePermissionCommand({ EventBusName: "orders", StatementId: "one" }));
    assert.equal(await policyOf("orders"), undefined);
    const { Entries } =
      (await admin?.send(
        new PutEventsCommand({ Entries: [{ Source: "s", DetailType: "T", Detail: "{}", EventBusName: "orders" }] }),
      )) ?? {};
    assert.equal(Entries?.[0]?.ErrorCode, undefined);
  });

  it("PutPermission takes a whole policy as it is, whose deny wins, and the audit names the statement", async () => {
    const allow = { Effect: "Allow", Principal: { AWS: SHOP_ARN }, Action: "events:PutEvents" };
    const document = {
      Version: "2008-10-17",
      Id: "mine",
      Statement: [
        { Sid: "shop", ...allow, Resource: `${BUS_ARN}/orders` },
        {
          Sid: "not-banks",
          ...allow,
          Effect: "Deny",
          Principal: "*",
          Resource: "*",
          Condition: { StringLike: { "events:source": "bank*" } },
        },
      ],
    };
    await permit({ EventBusName: "orders", Policy: JSON.stringify(document, null, 2) });
    assert.deepEqual(await policyOf("orders"), document);
    assert.deepEqual(await codesOf(shop, "orders", "till", "bank.a"), [undefined, "NotAuthorizedForSourceException"]);
    assert.deepEqual(await codesOf(admin, "orders", "bank.b"), ["NotAuthorizedForSourceException"]);
    const by = "not-banks of the policy of event bus orders";
    await router.logged("the statement", ({ msg, statement }) => msg === "refused" && statement === by);
    await admin?.send(new RemovePermissionCommand({ EventBusName: "orders", RemoveAllPermissions: true }));
    assert.equal(await policyOf("orders"), undefined);
  });

  it("A condition on an organization is kept, and holds for nobody here", async () => {
    const Condition = { Type: "StringEquals", Key: "aws:PrincipalOrgID", Value: "o-1" };
    const permission = { EventBusName: "orders", Action: "events:PutEvents", StatementId: "org", Principal: "*" };
    await permit({ ...permission, Condition });
    const policy = (await policyOf("orders")) as { Statement: { Condition: unknown }[] };
    assert.deepEqual(policy.Statement[0]?.Condition, { StringEquals: { "aws:PrincipalOrgID": "o-1" } });
    assert.deepEqual(await codesOf(shop, "orders", "s"), ["NotAuthorizedForSourceException"]);
    await admin?.send(new RemovePermissionCommand({ EventBusName: "orders", RemoveAllPermissions: true }));
  });

  it("The policy of a file's bus is shown as a document, decides, and is changed in the file only", async () => {
    assert.deepEqual(await policyOf("of-a-file"), {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "partners",
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::111122223333:root" },
          Action: "events:PutEvents",
          Resource: `${BUS_ARN}/of-a-file`,
        },
      ],
    });
    assert.deepEqual(await codesOf(partner, "of-a-file", "s"), [undefined]);
    await assert.rejects(permit({ EventBusName: "of-a-file", Policy: "{}" }) ?? Promise.resolve(), {
      name: "OperationDisabledException",
    });
  });

  const PERMISSION = { EventBusName: "orders", Action: "events:PutEvents", StatementId: "x", Principal: "*" };
  for (const [what, input, name, message] of [
    [
      "a bus that is not there",
      { ...PERMISSION, EventBusName: "no" },
      "ResourceNotFoundException",
      "Event bus no does not exist.",
    ],
    [
      "no principal",
      { ...PERMISSION, Principal: undefined },
      "ValidationException",
      "Parameter Principal must be specified.",
    ],
    ["no id", { ...PERMISSION, StatementId: undefined }, "ValidationException", "Parameter StatementId is required."],
    [
      "another action",
      { ...PERMISSION, Action: "events:PutRule" },
      "ValidationException",
      "Provided value in parameter 'action' is not supported.",
    ],
    [
      "a condition on one account",
      {
        ...PERMISSION,
        Principal: "111122223333",
        Condition: { Type: "StringEquals", Key: "aws:PrincipalOrgID", Value: "o" },
      },
      "InvalidParameterValue",
      "Value of the parameter 'principal' must be '*' when the parameter 'condition' is set.",
    ],
    [
      "a policy that is no JSON",
      { EventBusName: "orders", Policy: "no" },
      "ValidationException",
      "This policy contains invalid Json",
    ],
    [
      "a policy that is too long",
      { EventBusName: "orders", Policy: "x".repeat(10_241) },
      "PolicyLengthExceededException",
      "The bus policy is longer than 10240 characters.",
    ],
    [
      "a principal of eleven digits",
      { ...PERMISSION, Principal: "11112222333" },
      "ValidationException",
      "1 validation error detected: Value '11112222333' at 'principal' failed to satisfy constraint: Member must satisfy regular expression pattern: (\\d{12}|\\*)",
    ],
  ] as const) {
    it(`PutPermission with ${what} is answered with ${name}`, async () => {
      await assert.rejects(permit(input) ?? Promise.resolve(), { name, message });
    });
  }

  it("RemovePermission of a statement that is not there fails, with a policy or without", async () => {
    const remove = (input: object) => admin?.send(new RemovePermissionCommand(input)) ?? Promise.resolve();
    const message = "Statement with the provided id does not exist.";
    await assert.rejects(remove({ EventBusName: "orders", StatementId: "x" }), {
      name: "ResourceNotFoundException",
      message,
    });
    await permit(PERMISSION);
    await assert.rejects(remove({ EventBusName: "orders", StatementId: "y" }), {
      name: "ResourceNotFoundException",
      message,
    });
    await assert.rejects(remove({ EventBusName: "orders" }), { message: "Parameter StatementId is required." });
  });

  it("busbar export prints a bus with its policy, and a router with that file has the same", async () => {
    await permit(PERMISSION);
    const { stdout } = await busbar(["export", "--admin-url", router.adminUrl], {
      env: { BUSBAR_TOKEN: "a-token-of-the-operators" },
    });
    const loaded = await load({ "exported.yaml": stdout });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    assert.deepEqual(loaded.config.eventBuses.get("orders")?.policy?.statements, [
      {
        sid: "x",
        effect: "Allow",
        principals: ["*"],
        actions: ["events:PutEvents"],
        resources: [`${BUS_ARN}/orders`],
        conditions: [],
      },
    ]);
  });
});
