import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  CreateApiDestinationCommand,
  CreateConnectionCommand,
  CreateEventBusCommand,
  DescribeConnectionCommand,
  EventBridgeClient,
  PutEventsCommand,
  PutPermissionCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemovePermissionCommand,
} from "@aws-sdk/client-eventbridge";
import { eventually } from "../../contract/waiting.ts";
import { serveHttp } from "../../support/http/http-target.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { Router } from "../../support/router/router.ts";
import type { PostgresServer } from "../../support/store/postgres-server.ts";
import { createDatabase, startPostgres } from "../../support/store/postgres.ts";

const CONFIG = "queues: { orders: {} }\n";
const KEYS = `
accessKeys:
  AKIDADMIN: { secret: a-secret-of-the-admin, statements: [{ effect: Allow, action: "events:*", resource: "*" }] }
  AKIDSHOP:
    name: shop
    account: "111122223333"
    secret: a-secret-of-the-shop
    statements: [{ effect: Allow, action: "events:List*", resource: "*" }]
`;
const PASSWORD = "basic-pass-1";
/** Another router tries a connection once nobody has for 15 s. */
const AUTHORIZED_MS_MAX = 60_000;

describe("Policies and connections on two routers, on RabbitMQ and PostgreSQL", { timeout: 180_000 }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.remove());

  it("A policy put at one decides at the other, and a router that is killed leaves its connections to the other", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "busbar-keys-"));
    t.after(() => rm(folder, { recursive: true }));
    const keys = join(folder, "keys");
    await writeFile(keys, KEYS);
    const env = {
      BUSBAR_BROKER: await freshVhost(t, ["orders"]),
      BUSBAR_STORE: await createDatabase(server.url, t),
      BUSBAR_SECRET_KEY: randomBytes(32).toString("base64"),
      BUSBAR_ACCESS_KEYS_FILE: keys,
    };
    const [one, two] = await Promise.all([
      Router.start({ config: CONFIG, env }),
      Router.start({ config: CONFIG, env }),
    ]);
    t.after(() => Promise.all([one.remove(), two.remove()]));
    const clientOf = ({ publicUrl }: Router, accessKeyId: string, secretAccessKey: string) => {
      const credentials = { accessKeyId, secretAccessKey };
      const client = new EventBridgeClient({ endpoint: publicUrl, region: "us-east-1", credentials });
      t.after(() => client.destroy());
      return client;
    };
    const [first, second] = [one, two].map((router) => clientOf(router, "AKIDADMIN", "a-secret-of-the-admin"));
    const [shopAtOne, shopAtTwo] = [one, two].map((router) => clientOf(router, "AKIDSHOP", "a-secret-of-the-shop"));
    assert.ok(first && second && shopAtOne && shopAtTwo);
    const put = async (client: EventBridgeClient, bus = "shop") => {
      const entry = { Source: "shop", DetailType: "t", Detail: "{}", EventBusName: bus };
      return client.send(new PutEventsCommand({ Entries: [entry] })).then(
        ({ Entries }) => Entries?.[0]?.ErrorCode ?? "put",
        (error: unknown) => (error as Error).name,
      );
    };

    await first.send(new CreateEventBusCommand({ Name: "shop" }));
    assert.equal(await put(shopAtTwo), "AccessDeniedException");
    const permission = { EventBusName: "shop", StatementId: "partner" };
    const allowing = { ...permission, Action: "events:PutEvents", Principal: "111122223333" };
    await first.send(new PutPermissionCommand(allowing));
    assert.equal(await put(shopAtOne), "put", "it is in force at the router that answered");
    await eventually("the other router lets the partner put", async () => (await put(shopAtTwo)) === "put");
    await second.send(new RemovePermissionCommand(permission));
    assert.equal(await put(shopAtTwo), "AccessDeniedException");
    await eventually("the first refuses it again", async () => (await put(shopAtOne)) === "AccessDeniedException");

    const authorizations: (string | undefined)[] = [];
    let tokensAsked = 0;
    let hasTokens = false;
    const api = await serveHttp((request, response) => {
      request.resume();
      if (request.url !== "/token") {
        authorizations.push(request.headers.authorization);
        response.end();
        return;
      }
      tokensAsked += 1;
      // The first router hangs here until it is killed.
      if (hasTokens) response.end('{"access_token":"token-1","expires_in":3600}');
    });
    t.after(() => api.stop());
    const { ConnectionArn } = await first.send(
      new CreateConnectionCommand({
        Name: "basic",
        AuthorizationType: "BASIC",
        AuthParameters: { BasicAuthParameters: { Username: "u", Password: PASSWORD } },
      }),
    );
    const destination = {
      Name: "crm",
      ConnectionArn,
      InvocationEndpoint: `${api.url}/crm`,
      HttpMethod: "POST",
    } as const;
    const { ApiDestinationArn: Arn } = await first.send(new CreateApiDestinationCommand(destination));
    await first.send(new PutRuleCommand({ Name: "to-crm", EventPattern: '{"source":["shop"]}' }));
    const Targets = [{ Id: "crm", Arn, RoleArn: "arn:aws:iam::000000000000:role/r" }];
    await first.send(new PutTargetsCommand({ Rule: "to-crm", Targets }));
    const authorizing = await first.send(
      new CreateConnectionCommand({
        Name: "oauth",
        AuthorizationType: "OAUTH_CLIENT_CREDENTIALS",
        AuthParameters: {
          OAuthParameters: {
            ClientParameters: { ClientID: "client-1", ClientSecret: "client-pass-1" },
            AuthorizationEndpoint: `${api.url}/token`,
            HttpMethod: "POST",
          },
        },
      }),
    );
    assert.equal(authorizing.ConnectionState, "AUTHORIZING");
    await eventually("the first router asks for a token", () => tokensAsked === 1);
    const stateAt = async (client: EventBridgeClient) =>
      (await client.send(new DescribeConnectionCommand({ Name: "oauth" }))).ConnectionState;
    await eventually("the other knows it", async () => (await stateAt(second).catch(() => "")) === "AUTHORIZING");

    await one.kill();
    hasTokens = true;
    assert.equal(await put(second, "default"), "put");
    await eventually("the other router calls with the connection that the first made", () => authorizations.length > 0);
    assert.equal(authorizations[0], `Basic ${Buffer.from(`u:${PASSWORD}`).toString("base64")}`);
    await eventually(
      "the other authorizes what the first has left",
      async () => (await stateAt(second)) === "AUTHORIZED",
      AUTHORIZED_MS_MAX,
    );
    assert.equal(tokensAsked, 2);
  });
});
