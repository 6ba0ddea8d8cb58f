import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { promisify } from "node:util";
import { eventually } from "../../contract/waiting.ts";
import { busbar, busbarProcess } from "../../support/router/command-line.ts";
import { withFolder } from "../../support/config-folder.ts";
import { suiteEndings } from "../../support/endings.ts";
import { Router } from "../../support/router/router.ts";

const run = promisify(execFile);

const SECRETS = {
  checkout: "a-secret-of-the-checkout",
  renewed: "a-renewed-secret-of-the-checkout",
  operators: "a-token-of-the-operators",
};

const POLICIES = `
policies:
  put-shop-events:
    statements:
      - effect: Allow
        action: events:PutEvents
        resource: arn:aws:events:*:*:event-bus/default
        condition: { StringLike: { "events:source": [shop, shop.*] } }
      - { effect: Allow, action: "events:List*", resource: "*" }
bearerTokens:
  operators:
    tokens: [${SECRETS.operators}]
    statements: [{ effect: Allow, action: "busbar:*", resource: "*" }]
`;

const key = (id: string, secret: string): string =>
  `  ${id}: { name: checkout, secret: ${secret}, policies: [put-shop-events] }\n`;
const ONE_KEY = `${POLICIES}accessKeys:\n${key("AKIDOLD", SECRETS.checkout)}`;
const BOTH_KEYS = `${ONE_KEY}${key("AKIDNEW", SECRETS.renewed)}`;
const NEW_KEY = `${POLICIES}accessKeys:\n${key("AKIDNEW", SECRETS.renewed)}`;

const CONFIG = `
queues: { orders: {} }
eventBuses: { private: {} }
rules: { all: { eventPattern: { source: [{ exists: true }] }, targets: { orders: { queue: orders } } } }
`;

const BOTO3 = `
import boto3, botocore.exceptions, json, sys
client = boto3.client("events", endpoint_url=sys.argv[1])
entry = {"Source": "shop.till", "DetailType": "Paid", "Detail": "{}"}
answer = client.put_events(Entries=[entry, {**entry, "Source": "bank"}, {**entry, "EventBusName": "private"}])
try:
    client.test_event_pattern(EventPattern="{}", Event="{}")
except botocore.exceptions.ClientError as error:
    denied = error.response["Error"]
print(json.dumps({"entries": answer["Entries"], "denied": denied}))
`;

async function has(command: string, ...args: string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  );
}
const withoutBoto3 = !(await has("python3", "-c", "import boto3")) && "boto3 is not installed";
const withoutAwsCli = !(await has("aws", "--version")) && "the AWS CLI is not installed";

describe("Credentials", () => {
  const endings = suiteEndings();
  let router: Router;
  let accessFile: string;

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), "busbar-access-"));
    endings.after(() => rm(folder, { recursive: true }));
    accessFile = join(folder, "access.yaml");
    await writeFile(accessFile, ONE_KEY);
    router = await Router.start({ config: CONFIG, env: { BUSBAR_ACCESS_KEYS_FILE: accessFile } });
    endings.after(() => router.remove());
  });

  function environment(keyId: string, secret: string): Record<string, string> {
    return {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      AWS_ACCESS_KEY_ID: keyId,
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_DEFAULT_REGION: "eu-west-1",
      AWS_EC2_METADATA_DISABLED: "true",
    };
  }

  async function awsPut(keyId: string, secret: string): Promise<string> {
    const entries = JSON.stringify([{ Source: "shop", DetailType: "OrderPlaced", Detail: "{}" }]);
    const args = ["--endpoint-url", router.publicUrl, "events", "put-events", "--entries", entries];
    return run("aws", args, { env: environment(keyId, secret) }).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { stderr: string }).stderr,
    );
  }

  it(
    "A router accepts the AWS CLI with a key, and refuses it without one as AWS does",
    { skip: withoutAwsCli },
    async () => {
      assert.match(await awsPut("AKIDOLD", SECRETS.checkout), /"FailedEntryCount": 0/);
      assert.match(await awsPut("AKIDOLD", "another-secret"), /\(InvalidSignatureException\)/);
      assert.match(await awsPut("AKIDNOBODY", SECRETS.checkout), /\(UnrecognizedClientException\)/);
    },
  );

  it("A router refuses boto3 only the entries that its policy does not allow", { skip: withoutBoto3 }, async () => {
    const env = environment("AKIDOLD", SECRETS.checkout);
    const { stdout } = await run("python3", ["-c", BOTO3, router.publicUrl], { env });
    const { entries, denied } = JSON.parse(stdout) as { entries: Record<string, string>[]; denied: { Code: string } };
    assert.deepEqual(
      entries.map(({ ErrorCode }) => ErrorCode),
      [undefined, "NotAuthorizedForSourceException", "AccessDeniedException"],
    );
    assert.equal(denied.Code, "AccessDeniedException");
  });

  it("A router accepts the command line with a token, and names the setting without one", async () => {
    const asked = (token?: string) =>
      busbar(["queues", "--admin-url", router.adminUrl], token === undefined ? {} : { env: { BUSBAR_TOKEN: token } });
    const { code, stdout } = await asked(SECRETS.operators);
    assert.equal(code, 0);
    assert.match(stdout, /orders/);
    const refused = await asked();
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /Missing Authentication Token.*BUSBAR_TOKEN/s);
  });

  it("A router writes an audit line with who changed what, from where", async () => {
    const purged = await busbar(["queues", "purge", "orders", "--yes", "--admin-url", router.adminUrl], {
      env: { BUSBAR_TOKEN: SECRETS.operators },
    });
    assert.equal(purged.code, 0, purged.stderr);
    const line = await router.logged("it", ({ audit, action }) => audit === true && action === "busbar:PurgeQueue");
    const { principal, resource, from, outcome } = line;
    assert.deepEqual(
      { principal, resource, from, outcome },
      {
        principal: "bearer-token/operators",
        resource: "arn:aws:sqs:us-east-1:000000000000:orders",
        from: "127.0.0.1",
        outcome: "allowed",
      },
    );
  });

  it(
    "A router accepts an old and a new key while both are listed, then only the new one",
    { skip: withoutAwsCli },
    async () => {
      const takenOver = () => router.log.filter(({ msg }) => msg === "credentials taken over").length;
      await writeFile(accessFile, BOTH_KEYS);
      await eventually("both are good", () => takenOver() === 1);
      assert.match(await awsPut("AKIDOLD", SECRETS.checkout), /"FailedEntryCount": 0/);
      assert.match(await awsPut("AKIDNEW", SECRETS.renewed), /"FailedEntryCount": 0/);

      await writeFile(accessFile, `${NEW_KEY}mistake: {}\n`);
      await eventually("the mistake is logged", () =>
        router.log.some(({ msg }) => msg.startsWith("the credentials are wrong")),
      );
      assert.match(await awsPut("AKIDOLD", SECRETS.checkout), /"FailedEntryCount": 0/);

      await writeFile(accessFile, NEW_KEY);
      await eventually("the old one has gone", () => takenOver() === 2);
      assert.match(await awsPut("AKIDOLD", SECRETS.checkout), /\(UnrecognizedClientException\)/);
      assert.match(await awsPut("AKIDNEW", SECRETS.renewed), /"FailedEntryCount": 0/);
    },
  );

  it("A router counts the requests that it refused, by reason", async () => {
    await fetch(router.publicUrl, { method: "POST" });
    assert.ok((await router.metric('busbar_auth_failures_total{reason="missing"}')) >= 1);
  });

  it("A router writes no secret to its log", () => {
    const log = JSON.stringify(router.log);
    for (const secret of Object.values(SECRETS)) assert.ok(!log.includes(secret), secret);
  });
});

describe("Listening to others", () => {
  const PORTS = ["--http-port", "0", "--admin-port", "0", "--runtime-api-port", "0"];

  it("A router on a public address does not start without credentials, and names the settings", async () => {
    await withFolder({ "busbar.yaml": CONFIG }, async (folder) => {
      const args = ["serve", "--config", folder, "--data", `${folder}/data`, "--host", "0.0.0.0", ...PORTS];
      const { code, stderr } = await busbarProcess(args);
      assert.equal(code, 1);
      assert.match(stderr, /BUSBAR_ACCESS_KEYS_FILE.*BUSBAR_AUTH=none/);
    });
  });

  it("A router does not start with a wrong file of credentials, and lists each mistake with its place", async () => {
    await withFolder({ "busbar.yaml": CONFIG, "access.yml.txt": "accessKeys: { A: {} }" }, async (folder) => {
      const file = `${folder}/access.yml.txt`;
      const args = ["serve", "--config", folder, "--data", `${folder}/data`, "--access-keys-file", file, ...PORTS];
      const { code, stderr } = await busbarProcess(args);
      assert.equal(code, 1);
      assert.match(stderr, /access key "A": missing property "secret" \(.*access\.yml\.txt:1:\d+\)/);
    });
  });

  it("A router that accepts everybody logs a warning at each start", async () => {
    // On loopback still: a test listens nowhere else.
    const router = await Router.start({ config: CONFIG, env: { BUSBAR_AUTH: "none" } });
    await router.remove();
    const warning = router.log.find(({ msg }) => msg.startsWith("BUSBAR_AUTH=none"));
    assert.equal(warning?.level, "warn");
  });
});

describe("A function that is a local command", () => {
  const config = `functions: { thumbs: { process: { command: [node, thumbs.js] } } }`;

  it("A local command is refused with its place where none is allowed", async () => {
    await withFolder({ "busbar.yaml": config }, async (folder) => {
      const { code, stderr } = await busbarProcess(["serve", "--config", folder, "--data", `${folder}/data`]);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /function "thumbs": process is a local command, which is not allowed here: BUSBAR_ALLOW_PROCESS=true allows it \(.*busbar\.yaml:1:24\)/,
      );
    });
  });
});
