import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionEventInvokeConfigCommand,
  GetPolicyCommand,
  InvalidParameterValueException,
  ListAliasesCommand,
  ListFunctionsCommand,
  ListProvisionedConcurrencyConfigsCommand,
  ListTagsCommand,
  paginateListFunctions,
  ResourceNotFoundException,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { lambdaClient } from "../../support/aws/lambda-client.ts";
import { AWS_ENV, skipWithout } from "../../support/aws/programs/programs.ts";
import { Router } from "../../support/router/router.ts";

const run = promisify(execFile);
const skipCli = await skipWithout("the aws CLI", "/usr/bin/aws", "--version");
const ARN = "arn:aws:lambda:us-east-1:000000000000:function";

const CONFIG = `functions:
  orders:
    http: { url: "http://127.0.0.1:9/" }
    description: takes orders
    concurrency: 3
    maximumRetryAttempts: 1
  mails: { runtimeApi: {} }
  bills: { runtimeApi: {} }
`;

describe("Functions over the Lambda API, with AWS's clients", () => {
  let router: Router;
  let client: LambdaClient;
  before(async () => {
    router = await Router.start({ config: CONFIG });
    client = lambdaClient(router.publicUrl);
  });
  after(async () => {
    client.destroy();
    await router.remove();
  });

  it("AWS's JavaScript SDK reads a function, waits for it, and pages through all", async () => {
    const { Configuration, Code, Concurrency } = await client.send(new GetFunctionCommand({ FunctionName: "orders" }));
    assert.deepEqual(
      [Configuration?.FunctionArn, Configuration?.Description, Configuration?.Timeout],
      [`${ARN}:orders`, "takes orders", 3],
    );
    assert.deepEqual([Code, Concurrency], [{}, { ReservedConcurrentExecutions: 3 }]);
    const waited = await waitUntilFunctionActiveV2({ client, maxWaitTime: 5 }, { FunctionName: "orders" });
    assert.equal(waited.state, "SUCCESS");
    const names: (string | undefined)[] = [];
    for await (const { Functions = [] } of paginateListFunctions({ client, pageSize: 2 }, {})) {
      names.push(...Functions.map(({ FunctionName }) => FunctionName));
    }
    assert.deepEqual(names, ["bills", "mails", "orders"]);
    const { Functions = [] } = await client.send(new ListFunctionsCommand({ FunctionVersion: "ALL" }));
    assert.equal(Functions[2]?.FunctionArn, `${ARN}:orders:$LATEST`);
    const FunctionName = `${ARN}:orders`;
    const concurrency = await client.send(new GetFunctionConcurrencyCommand({ FunctionName }));
    assert.equal(concurrency.ReservedConcurrentExecutions, 3);
    const invoked = await client.send(new GetFunctionEventInvokeConfigCommand({ FunctionName, Qualifier: "$LATEST" }));
    assert.deepEqual([invoked.MaximumRetryAttempts, invoked.MaximumEventAgeInSeconds], [1, 21_600]);
    assert.deepEqual((await client.send(new ListAliasesCommand({ FunctionName }))).Aliases, []);
    const provisioned = await client.send(new ListProvisionedConcurrencyConfigsCommand({ FunctionName }));
    assert.deepEqual(provisioned.ProvisionedConcurrencyConfigs, []);
    assert.deepEqual((await client.send(new ListTagsCommand({ Resource: FunctionName }))).Tags, {});
    await assert.rejects(client.send(new GetPolicyCommand({ FunctionName })), ResourceNotFoundException);
    await assert.rejects(client.send(new GetFunctionCommand({ FunctionName: "none" })), ResourceNotFoundException);
  });

  it("AWS's JavaScript SDK is refused a change with where the function's file has it, however long its code is", async () => {
    const ZipFile = new Uint8Array(3_000_000);
    const refused = (operation: string, text: RegExp) => (error: unknown) => {
      assert.ok(error instanceof InvalidParameterValueException, operation);
      assert.match(error.message, text);
      return true;
    };
    const short = new UpdateFunctionCodeCommand({ FunctionName: "orders", ImageUri: "orders:2" });
    await assert.rejects(
      client.send(short),
      refused(
        "short",
        /^UpdateFunctionCode is not supported for function orders: .*\(.*busbar\.yaml:2:3\)\. Change it/,
      ),
    );
    const long = new CreateFunctionCommand({ FunctionName: "new", Role: "arn:aws:iam::0:role/r", Code: { ZipFile } });
    await assert.rejects(
      client.send(long),
      refused("long", /^CreateFunction is not supported: functions are deployed/),
    );
  });

  it("aws lambda prints a function and a list of them, and the sentence of a refusal", { skip: skipCli }, async () => {
    const lambda = async (...args: string[]) => {
      const command = ["lambda", ...args, "--endpoint-url", router.publicUrl];
      const { stdout } = await run("/usr/bin/aws", command, { env: AWS_ENV });
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    const { Configuration } = await lambda("get-function", "--function-name", "orders");
    assert.deepEqual((Configuration as Record<string, unknown>)["State"], "Active");
    const { Functions } = await lambda("list-functions", "--page-size", "2");
    const names = (Functions as { FunctionName: string }[]).map(({ FunctionName }) => FunctionName);
    assert.deepEqual(names, ["bills", "mails", "orders"]);
    await assert.rejects(
      lambda("delete-function", "--function-name", "orders"),
      /InvalidParameterValueException.*DeleteFunction is not supported for function orders: functions are deployed/,
    );
  });
});
