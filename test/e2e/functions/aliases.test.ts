import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import {
  GetAliasCommand,
  InvalidParameterValueException,
  InvokeCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-lambda";
import { eventually } from "../../contract/waiting.ts";
import { lambdaClient } from "../../support/aws/lambda-client.ts";
import { AWS_ENV, callEverything, skipWithout } from "../../support/aws/programs/programs.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { busbar } from "../../support/router/command-line.ts";
import { Router } from "../../support/router/router.ts";
import { createDatabase, startPostgres } from "../../support/store/postgres.ts";
import type { PostgresServer } from "../../support/store/postgres-server.ts";

const run = promisify(execFile);
const skipCli = await skipWithout("the aws CLI", "/usr/bin/aws", "--version");
const skipBoto3 = await skipWithout("boto3", "/usr/bin/python3", "-c", "import boto3");

/** The versions of `prices`, each a service of its own, and the configuration that has them. */
async function pricesVersions() {
  const services = await Promise.all([1, 2].map(() => RecordingFunction.start()));
  const urls = services.map(({ url }, at) => `"${at + 1}": { http: { url: "${url}" } }`);
  const config = `
functions:
  prices:
    http: { url: "http://127.0.0.1:9/" }
    retryIntervalsSeconds: [1]
    versions: { ${urls.join(", ")} }
    aliases: { live: { functionVersion: "1" } }
rules:
  priced: { eventPattern: { source: [shop] }, targets: { price: { function: "prices:live" } } }
`;
  const stop = () => Promise.all(services.map((each) => each.stop()));
  return { config, stop, calls: () => services.map(({ calls }) => calls.length) };
}

const invoke = (Qualifier?: string) =>
  new InvokeCommand({ FunctionName: "prices", Payload: "{}", ...(Qualifier === undefined ? {} : { Qualifier }) });

const traffic = (FunctionVersion: string, weights: Record<string, number> = {}) =>
  new UpdateAliasCommand({
    FunctionName: "prices",
    Name: "live",
    FunctionVersion,
    RoutingConfig: { AdditionalVersionWeights: weights },
  });

describe("Aliases with AWS's clients", () => {
  let prices: Awaited<ReturnType<typeof pricesVersions>>;
  let router: Router;
  before(async () => {
    prices = await pricesVersions();
    router = await Router.start({ config: prices.config });
  });
  after(() => Promise.all([router.remove(), prices.stop()]));

  it("The JavaScript SDK shifts the alias of a file, completes the shift and takes it back", async (t) => {
    const client = lambdaClient(router.publicUrl);
    t.after(() => client.destroy());
    const executed = async (qualifier: string) => (await client.send(invoke(qualifier))).ExecutedVersion;
    assert.deepEqual([await executed("2"), await executed("live")], ["2", "1"]);
    const shifted = await client.send(traffic("1", { "2": 1 }));
    assert.deepEqual(shifted.RoutingConfig, { AdditionalVersionWeights: { "2": 1 } });
    assert.equal(await executed("live"), "2");
    await client.send(traffic("2"));
    assert.equal(await executed("live"), "2");
    const named = { FunctionName: "prices", Name: "live" };
    await assert.rejects(client.send(new UpdateAliasCommand({ ...named, Description: "mine" })), (error) => {
      return error instanceof InvalidParameterValueException && /a file has this one/.test(error.message);
    });
    await client.send(traffic("1"));
    assert.equal((await client.send(new GetAliasCommand(named))).FunctionVersion, "1");
    assert.equal(await executed("live"), "1");
    const called = ["$LATEST", "1", "2"].map((version) =>
      router.metricSum("busbar_function_version_calls_total", { function: "prices", version, outcome: "success" }),
    );
    assert.deepEqual(await Promise.all(called), [0, 2, 3]);
    await assert.rejects(
      client.send(new PublishVersionCommand({ FunctionName: "prices" })),
      /and so are their versions\. Add one to its "versions" there\./,
    );
  });

  it(
    "boto3 makes, shares, reads and deletes aliases, and is refused as Lambda refuses",
    { skip: skipBoto3 },
    async () => {
      const { called } = await callEverything("boto3-aliases.py", router.publicUrl, "/usr/bin/python3");
      assert.deepEqual(
        new Set(called),
        new Set([
          "ListVersionsByFunction",
          "GetFunctionConfiguration",
          "CreateAlias",
          "UpdateAlias",
          "GetAlias",
          "ListAliases",
          "DeleteAlias",
        ]),
      );
    },
  );

  it("busbar aliases shifts an alias, completes that and takes it back", async () => {
    const aliases = (...args: string[]) => busbar(["aliases", ...args, "--url", router.publicUrl]);
    const shifted = await aliases("shift", "prices:live", "--to", "2", "--weight", "0.25");
    const table = (row: string) => `ALIAS  VERSION  ALSO  SHARE  DESCRIPTION\n${row}\n`;
    assert.deepEqual(shifted, { code: 0, stdout: table("live   1        2     0.25"), stderr: "" });
    assert.equal((await aliases("list", "prices")).stdout, shifted.stdout);
    assert.equal((await aliases("shift", "prices:live", "--complete")).stdout, table("live   2"));
    const nothing = await aliases("shift", "prices:live", "--complete");
    assert.deepEqual([nothing.code, nothing.stderr], [1, "no second version has a share of its calls\n"]);
    assert.equal((await aliases("shift", "prices:live", "--back")).stdout, table("live   1"));
    const isBack = await aliases("shift", "prices:live", "--back");
    const why = "no second version has a share of its calls, and no file names another version\n";
    assert.deepEqual([isBack.code, isBack.stderr], [1, why]);
    await aliases("shift", "prices:live", "--to", "2", "--weight", "0.5");
    assert.equal((await aliases("shift", "prices:live", "--back")).stdout, table("live   1"));
    const unknown = await aliases("show", "prices:none");
    assert.match(unknown.stderr, /ResourceNotFoundException: Cannot find alias arn: .*:prices:none/);
    assert.equal((await aliases("shift", "prices:live", "--to", "2")).code, 1);
  });

  it("aws lambda shifts an alias with a weight, and invokes it by its ARN", { skip: skipCli }, async () => {
    const lambda = async (...args: string[]) => {
      const command = ["lambda", ...args, "--endpoint-url", router.publicUrl];
      const { stdout } = await run("/usr/bin/aws", command, { env: AWS_ENV });
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    const alias = ["--function-name", "prices", "--name", "live"];
    const weights = "AdditionalVersionWeights={2=1}";
    const shifted = await lambda("update-alias", ...alias, "--routing-config", weights);
    assert.deepEqual(shifted["RoutingConfig"], { AdditionalVersionWeights: { "2": 1 } });
    const arn = "arn:aws:lambda:us-east-1:000000000000:function:prices:live";
    assert.equal((await lambda("invoke", "--function-name", arn, "/dev/null"))["ExecutedVersion"], "2");
    await lambda("update-alias", ...alias, "--function-version", "1", "--routing-config", "{}");
    assert.equal((await lambda("get-alias", ...alias))["FunctionVersion"], "1");
  });
});

describe("An alias on two routers, on RabbitMQ and PostgreSQL", { timeout: 180_000 }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.remove());

  it("A shift of one router is in force at the other within seconds, for what comes and for callers", async (t) => {
    const prices = await pricesVersions();
    t.after(() => prices.stop());
    const env = {
      BUSBAR_BROKER: await freshVhost(t, ["busbar.function.prices"]),
      BUSBAR_STORE: await createDatabase(server.url, t),
    };
    const [one, two] = await Promise.all([1, 2].map(() => Router.start({ config: prices.config, env })));
    assert.ok(one !== undefined && two !== undefined);
    t.after(() => Promise.all([one.remove(), two.remove()]));
    const [first, second] = [lambdaClient(one.publicUrl), lambdaClient(two.publicUrl)];
    t.after(() => [first, second].forEach((client) => client.destroy()));
    await first.send(traffic("1", { "2": 1 }));
    await eventually("the other router draws version 2", async () => {
      return (await second.send(invoke("live"))).ExecutedVersion === "2";
    });
    const before = prices.calls();
    await two.put([1, 2].map((n) => ({ source: "shop", detail: { n } })));
    await eventually("both events are delivered", () => prices.calls()[1] === before[1]! + 2);
    await second.send(traffic("1"));
    await eventually("the first router draws version 1 again", async () => {
      return (await first.send(invoke("live"))).ExecutedVersion === "1";
    });
  });
});
