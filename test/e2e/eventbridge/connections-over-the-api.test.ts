import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  CreateApiDestinationCommand,
  CreateConnectionCommand,
  type CreateConnectionCommandInput,
  DeauthorizeConnectionCommand,
  DeleteApiDestinationCommand,
  DeleteConnectionCommand,
  DescribeApiDestinationCommand,
  DescribeConnectionCommand,
  type EventBridgeClient,
  ListApiDestinationsCommand,
  ListConnectionsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  UpdateApiDestinationCommand,
  UpdateConnectionCommand,
} from "@aws-sdk/client-eventbridge";
import { eventually } from "../../contract/waiting.ts";
import { busbar } from "../../support/router/command-line.ts";
import { load } from "../../support/config-folder.ts";
import { eventsClient } from "../../support/aws/events-client.ts";
import { readBody, serveHttp, type TestServer } from "../../support/http/http-target.ts";
import { Router } from "../../support/router/router.ts";

const SECRETS = ["basic-pass-1", "api-key-1", "client-pass-1", "hidden-value-1", "basic-pass-2"];
const CONFIG = `
queues: { failed: {} }
apiDestinations: { of-a-file: { url: "http://127.0.0.1:9/hook" } }
`;
const ARN = "arn:aws:events:us-east-1:000000000000";
const BASIC = {
  AuthorizationType: "BASIC",
  AuthParameters: { BasicAuthParameters: { Username: "u", Password: SECRETS[0] } },
} as const;
const NO_CONNECTION = "Failed to describe the connection(s). Connection 'none' does not exist.";

/** Every variable that an exported file refers to. */
function environmentFor(yaml: string): Record<string, string> {
  const names = [...yaml.matchAll(/\$\{env:([^}]*)\}/g)].map(([, name = ""]) => name);
  return Object.fromEntries(names.map((name) => [name, `value of ${name}`]));
}

interface Call {
  readonly line: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

describe("Connections and API destinations over the EventBridge API", { timeout: 180_000 }, () => {
  let router: Router;
  let client: EventBridgeClient;
  let api: TestServer;
  const calls: Call[] = [];
  let tokenStatus = 200;
  before(async () => {
    api = await serveHttp((request, response) => {
      void readBody(request).then((body) => {
        calls.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
        if (request.url?.startsWith("/token") === true)
          response.writeHead(tokenStatus).end('{"access_token":"token-1","expires_in":3600}');
        else response.end();
      });
    });
    const env = { BUSBAR_SECRET_KEY: randomBytes(32).toString("base64") };
    router = await Router.start({ config: CONFIG, env });
    client = eventsClient(router.publicUrl);
  });
  after(async () => {
    client.destroy();
    await Promise.all([router.remove(), api.stop()]);
  });

  const create = (Name: string, input: Partial<CreateConnectionCommandInput> = {}) =>
    client.send(new CreateConnectionCommand({ Name, ...BASIC, ...input }));
  const connection = async (Name: string) => {
    const { $metadata: _, ...shown } = await client.send(new DescribeConnectionCommand({ Name }));
    return shown;
  };
  const destinationOf = async (name: string, connectionArn: string | undefined, endpoint: string) => {
    const created = await client.send(
      new CreateApiDestinationCommand({
        Name: name,
        ConnectionArn: connectionArn,
        InvocationEndpoint: endpoint,
        HttpMethod: "POST",
      }),
    );
    return created.ApiDestinationArn;
  };
  const callsTo = (path: string) => calls.filter(({ line }) => line.includes(path));

  it("A connection is answered as AWS does it, with its parameters and never with its secrets", async () => {
    const { $metadata: _, ...created } = await create("basic", {
      Description: "d",
      AuthParameters: {
        ...BASIC.AuthParameters,
        InvocationHttpParameters: {
          HeaderParameters: [
            { Key: "X-Open", Value: "open", IsValueSecret: false },
            { Key: "X-Hidden", Value: SECRETS[3], IsValueSecret: true },
          ],
        },
      },
    });
    assert.deepEqual(Object.keys(created).sort(), [
      "ConnectionArn",
      "ConnectionState",
      "CreationTime",
      "LastModifiedTime",
    ]);
    assert.match(created.ConnectionArn ?? "", new RegExp(`^${ARN}:connection/basic/[0-9a-f-]{36}$`));
    assert.equal(created.ConnectionState, "AUTHORIZED");
    const shown = await connection("basic");
    assert.deepEqual(shown.AuthParameters, {
      BasicAuthParameters: { Username: "u" },
      InvocationHttpParameters: {
        HeaderParameters: [
          { Key: "X-Open", Value: "open", IsValueSecret: false },
          { Key: "X-Hidden", IsValueSecret: true },
        ],
      },
    });
    assert.match(
      shown.SecretArn ?? "",
      /^arn:aws:secretsmanager:us-east-1:000000000000:secret:events!connection\/basic\/[0-9a-f-]{36}-[0-9a-f]{6}$/,
    );
    assert.deepEqual(
      [shown.Name, shown.ConnectionState, shown.AuthorizationType, shown.Description, shown.ConnectionArn],
      ["basic", "AUTHORIZED", "BASIC", "d", created.ConnectionArn],
    );
    assert.ok(shown.LastAuthorizedTime instanceof Date);
    const { Connections = [] } = await client.send(new ListConnectionsCommand({ NamePrefix: "bas" }));
    assert.deepEqual(Object.keys(Connections[0] ?? {}).sort(), [
      "AuthorizationType",
      "ConnectionArn",
      "ConnectionState",
      "CreationTime",
      "LastAuthorizedTime",
      "LastModifiedTime",
      "Name",
    ]);
  });

  it("A rule calls an API destination with the path and parameters of its target, by its connection", async () => {
    const arn = await destinationOf("crm", (await connection("basic")).ConnectionArn, `${api.url}/crm/*/orders`);
    assert.match(arn ?? "", new RegExp(`^${ARN}:api-destination/crm/[0-9a-f-]{36}$`));
    await client.send(new PutRuleCommand({ Name: "to-crm", EventPattern: '{"source":["crm"]}' }));
    const target = {
      Id: "crm",
      Arn: arn,
      RoleArn: "arn:aws:iam::000000000000:role/r",
      InputPath: "$.detail",
      HttpParameters: {
        PathParameterValues: ["$.detail.id"],
        HeaderParameters: { "X-Open": "the target's", "X-Source": "$.source" },
        QueryStringParameters: { q: "1" },
      },
    };
    await client.send(new PutTargetsCommand({ Rule: "to-crm", Targets: [target] }));
    await router.put([{ source: "crm", detail: { id: "a/b" } }]);
    await eventually("the API destination is called", () => callsTo("/crm/").length === 1);
    const [call] = callsTo("/crm/");
    assert.equal(call?.line, "POST /crm/a%2Fb/orders?q=1");
    assert.equal(call.headers["authorization"], `Basic ${Buffer.from(`u:${SECRETS[0]}`).toString("base64")}`);
    assert.deepEqual(
      [call.headers["x-open"], call.headers["x-hidden"], call.headers["x-source"], call.body],
      ["open", SECRETS[3], "crm", '{"id":"a/b"}'],
    );
  });

  it("A connection with an API key is used in its header", async () => {
    const { ConnectionArn } = await create("key", {
      AuthorizationType: "API_KEY",
      AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "X-Key", ApiKeyValue: SECRETS[1] ?? "" } },
    });
    assert.deepEqual((await connection("key")).AuthParameters, { ApiKeyAuthParameters: { ApiKeyName: "X-Key" } });
    const Arn = await destinationOf("keyed", ConnectionArn, `${api.url}/keyed`);
    await client.send(new PutRuleCommand({ Name: "to-keyed", EventPattern: '{"source":["keyed"]}' }));
    await client.send(new PutTargetsCommand({ Rule: "to-keyed", Targets: [{ Id: "k", Arn }] }));
    await router.put([{ source: "keyed", detail: {} }]);
    await eventually("the API destination is called", () => callsTo("/keyed").length === 1);
    assert.equal(callsTo("/keyed")[0]?.headers["x-key"], SECRETS[1]);
  });

  const oauth = () => ({
    AuthorizationType: "OAUTH_CLIENT_CREDENTIALS" as const,
    AuthParameters: {
      OAuthParameters: {
        ClientParameters: { ClientID: "client-1", ClientSecret: SECRETS[2] ?? "" },
        AuthorizationEndpoint: `${api.url}/token`,
        HttpMethod: "POST" as const,
        OAuthHttpParameters: { BodyParameters: [{ Key: "scope", Value: "s", IsValueSecret: false }] },
      },
    },
  });

  it("A connection with OAuth is AUTHORIZING until its endpoint has given a token", async () => {
    const { ConnectionArn, ConnectionState } = await create("oauth", oauth());
    assert.equal(ConnectionState, "AUTHORIZING");
    await eventually("it is authorized", async () => (await connection("oauth")).ConnectionState === "AUTHORIZED");
    assert.equal(
      callsTo("/token")[0]?.body,
      `scope=s&grant_type=client_credentials&client_id=client-1&client_secret=${SECRETS[2]}`,
    );
    const { AuthParameters } = await connection("oauth");
    assert.deepEqual(AuthParameters?.OAuthParameters, {
      ClientParameters: { ClientID: "client-1" },
      AuthorizationEndpoint: `${api.url}/token`,
      HttpMethod: "POST",
      OAuthHttpParameters: { BodyParameters: [{ Key: "scope", Value: "s", IsValueSecret: false }] },
    });
    const Arn = await destinationOf("tokened", ConnectionArn, `${api.url}/api`);
    await client.send(new PutRuleCommand({ Name: "to-api", EventPattern: '{"source":["api"]}' }));
    await client.send(new PutTargetsCommand({ Rule: "to-api", Targets: [{ Id: "a", Arn }] }));
    await router.put([{ source: "api", detail: {} }]);
    await eventually("the API destination is called", () => callsTo("/api").length === 1);
    assert.equal(callsTo("/api")[0]?.headers["authorization"], "Bearer token-1");
  });

  it("A connection whose endpoint gives no token is DEAUTHORIZED with the reason, and its destination INACTIVE until an update", async () => {
    tokenStatus = 401;
    const { ConnectionArn } = await create("refused", oauth());
    await eventually("it is refused", async () => (await connection("refused")).ConnectionState === "DEAUTHORIZED");
    assert.match((await connection("refused")).StateReason ?? "", /no access token, HTTP 401/);
    await destinationOf("inactive", ConnectionArn, `${api.url}/inactive`);
    const stateOf = async () =>
      (await client.send(new DescribeApiDestinationCommand({ Name: "inactive" }))).ApiDestinationState;
    assert.equal(await stateOf(), "INACTIVE");
    tokenStatus = 200;
    const before = await connection("refused");
    const updated = await client.send(new UpdateConnectionCommand({ Name: "refused", ...oauth() }));
    assert.equal(updated.ConnectionState, "AUTHORIZING");
    await eventually("it is authorized", async () => (await connection("refused")).ConnectionState === "AUTHORIZED");
    const after = await connection("refused");
    assert.deepEqual([after.ConnectionArn, after.SecretArn], [before.ConnectionArn, before.SecretArn]);
    assert.deepEqual([await stateOf(), after.StateReason], ["ACTIVE", undefined]);
  });

  it("An update keeps what it leaves out, and another type needs its own parameters", async () => {
    await create("updated", { Description: "first" });
    await client.send(
      new UpdateConnectionCommand({
        Name: "updated",
        AuthParameters: { BasicAuthParameters: { Username: "u2", Password: SECRETS[4] } },
      }),
    );
    const shown = await connection("updated");
    assert.deepEqual([shown.Description, shown.AuthParameters], ["first", { BasicAuthParameters: { Username: "u2" } }]);
    await assert.rejects(client.send(new UpdateConnectionCommand({ Name: "updated", AuthorizationType: "API_KEY" })), {
      name: "ValidationException",
    });
  });

  it("A deauthorized connection has no secret any more, and deliveries wait for an update", async () => {
    const { ConnectionArn } = await create("closed");
    const Arn = await destinationOf("waiting", ConnectionArn, `${api.url}/waiting`);
    const answer = await client.send(new DeauthorizeConnectionCommand({ Name: "closed" }));
    assert.equal(answer.ConnectionState, "DEAUTHORIZING");
    const shown = await connection("closed");
    assert.deepEqual([shown.ConnectionState, shown.AuthParameters], ["DEAUTHORIZED", {}]);
    await client.send(new PutRuleCommand({ Name: "to-waiting", EventPattern: '{"source":["waiting"]}' }));
    await client.send(new PutTargetsCommand({ Rule: "to-waiting", Targets: [{ Id: "w", Arn }] }));
    await router.put([{ source: "waiting", detail: {} }]);
    await client.send(new UpdateConnectionCommand({ Name: "closed", ...BASIC }));
    await eventually("the delivery is made", () => callsTo("/waiting").length === 1);
  });

  it("An API destination is listed, updated member by member and deleted", async () => {
    const { ConnectionArn } = await connection("basic");
    await destinationOf("listed", ConnectionArn, "https://example.com/a");
    const update = { Name: "listed", InvocationRateLimitPerSecond: 7, Description: "new" };
    await client.send(new UpdateApiDestinationCommand(update));
    const { $metadata: _, ...shown } = await client.send(new DescribeApiDestinationCommand({ Name: "listed" }));
    assert.deepEqual(
      { ...shown, ApiDestinationArn: undefined, CreationTime: undefined, LastModifiedTime: undefined },
      {
        ApiDestinationArn: undefined,
        ApiDestinationState: "ACTIVE",
        CreationTime: undefined,
        LastModifiedTime: undefined,
        Name: "listed",
        ConnectionArn,
        InvocationEndpoint: "https://example.com/a",
        HttpMethod: "POST",
        InvocationRateLimitPerSecond: 7,
        Description: "new",
      },
    );
    const { ApiDestinations = [] } = await client.send(new ListApiDestinationsCommand({ NamePrefix: "crm" }));
    assert.deepEqual([ApiDestinations[0]?.Name, ApiDestinations[0]?.InvocationRateLimitPerSecond], ["crm", 300]);
    const ofConnection = await client.send(new ListApiDestinationsCommand({ ConnectionArn }));
    assert.deepEqual(
      ofConnection.ApiDestinations?.map(({ Name }) => Name),
      ["crm", "listed"],
    );
    await client.send(new DeleteApiDestinationCommand({ Name: "listed" }));
    await assert.rejects(client.send(new DescribeApiDestinationCommand({ Name: "listed" })), {
      name: "ResourceNotFoundException",
      message: "Failed to describe the api-destination(s). An api-destination 'listed' does not exist.",
    });
  });

  it("A deleted connection is gone, and its destinations are INACTIVE, also when one of its name is made anew", async () => {
    const { ConnectionArn } = await create("short");
    await destinationOf("left", ConnectionArn, `${api.url}/left`);
    const answer = await client.send(new DeleteConnectionCommand({ Name: "short" }));
    assert.deepEqual([answer.ConnectionArn, answer.ConnectionState], [ConnectionArn, "DELETING"]);
    await assert.rejects(connection("short"), { name: "ResourceNotFoundException" });
    await create("short");
    const left = await client.send(new DescribeApiDestinationCommand({ Name: "left" }));
    assert.equal(left.ApiDestinationState, "INACTIVE");
  });

  for (const [what, send, name, message] of [
    [
      "CreateConnection of a name that is there",
      () => create("basic"),
      "ResourceAlreadyExistsException",
      "Connection basic already exists.",
    ],
    ["DescribeConnection of none", () => connection("none"), "ResourceNotFoundException", NO_CONNECTION],
    [
      "UpdateConnection of none",
      () => client.send(new UpdateConnectionCommand({ Name: "none" })),
      "ResourceNotFoundException",
      NO_CONNECTION,
    ],
    [
      "DeleteConnection of none",
      () => client.send(new DeleteConnectionCommand({ Name: "none" })),
      "ResourceNotFoundException",
      NO_CONNECTION,
    ],
    [
      "CreateApiDestination of a name that is there",
      async () => destinationOf("crm", (await connection("basic")).ConnectionArn, "https://a"),
      "ResourceAlreadyExistsException",
      "An api-destination 'crm' already exists.",
    ],
    [
      "CreateApiDestination of a file's name",
      async () => destinationOf("of-a-file", (await connection("basic")).ConnectionArn, "https://a"),
      "ResourceAlreadyExistsException",
      "An api-destination 'of-a-file' already exists.",
    ],
    [
      "CreateApiDestination with a connection that is not there",
      () => destinationOf("x", `${ARN}:connection/none/0-0`, "https://a"),
      "ResourceNotFoundException",
      NO_CONNECTION,
    ],
    [
      "DeleteApiDestination of a file's",
      () => client.send(new DeleteApiDestinationCommand({ Name: "of-a-file" })),
      "OperationDisabledException",
      /a configuration file has it/,
    ],
    [
      "CreateConnection with what fits neither name nor type",
      () => create("a b", { AuthorizationType: "NONE" as never }),
      "ValidationException",
      "2 validation errors detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+; Value 'NONE' at 'authorizationType' failed to satisfy constraint: Member must satisfy enum value set: [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]",
    ],
    [
      "CreateApiDestination with an ARN, an endpoint and a method that are none",
      () =>
        client.send(
          new CreateApiDestinationCommand({
            Name: "x",
            ConnectionArn: "arn",
            InvocationEndpoint: "a b",
            HttpMethod: "TEST" as never,
          }),
        ),
      "ValidationException",
      /^3 validation errors detected: Value 'arn' at 'connectionArn' .*; Value 'a b' at 'invocationEndpoint' .*; Value 'TEST' at 'httpMethod' failed to satisfy constraint: Member must satisfy enum value set: \[HEAD, POST, PATCH, DELETE, PUT, GET, OPTIONS\]$/,
    ],
    [
      "CreateConnection with the parameters of another type",
      () => create("x", { AuthorizationType: "API_KEY" }),
      "ValidationException",
      /AuthParameters must have ApiKeyAuthParameters/,
    ],
  ] as const) {
    it(`${what} is answered with ${name}`, async () => {
      await assert.rejects(send(), { name, message });
    });
  }

  it("busbar export prints API destinations with references in the place of secrets, and never those", async () => {
    const { stdout } = await busbar(["export", "--admin-url", router.adminUrl]);
    const loaded = await load({ "a.yaml": CONFIG, "b.yaml": stdout }, { env: environmentFor(stdout) });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const crm = loaded.config.apiDestinations.get("crm");
    assert.deepEqual(crm?.auth, { kind: "basic", username: "u", password: "value of CRM_BASIC_PASSWORD" });
    assert.deepEqual(crm.parameters?.headers, {
      "X-Open": "open",
      "X-Hidden": "value of CRM_INVOCATIONHTTPPARAMETERS_HEADERPARAMETERS_X_HIDDEN",
    });
    assert.equal(crm.url, `${api.url}/crm/*/orders`);
    for (const secret of SECRETS) assert.ok(!stdout.includes(secret), secret);
  });

  it("Secrets are in no file of the store, no line of the log and no page of the router", async () => {
    await router.stop();
    const folder = join(router.folder, "data");
    const files = await Promise.all(
      (await readdir(folder)).map((name) => readFile(join(folder, name)).catch(() => Buffer.alloc(0))),
    );
    assert.ok(
      Buffer.concat(files).includes("events!") || Buffer.concat(files).includes("authParameters"),
      "the store was read",
    );
    const everything = [Buffer.concat(files).toString("latin1"), JSON.stringify(router.log)].join("");
    for (const secret of SECRETS) assert.ok(!everything.includes(secret), secret);
  });

  it("Without a key nothing that has a secret is stored, and the answer says so", async () => {
    await router.launch({ env: { BUSBAR_SECRET_KEY: "" } });
    client.destroy();
    client = eventsClient(router.publicUrl);
    await assert.rejects(create("no-key"), {
      name: "OperationDisabledException",
      message: /CreateConnection is disabled: secrets cannot be stored without a key .* BUSBAR_SECRET_KEY/,
    });
    assert.equal((await connection("basic")).ConnectionState, "AUTHORIZED");
  });
});
