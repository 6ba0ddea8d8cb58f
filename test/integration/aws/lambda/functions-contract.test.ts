import assert from "node:assert/strict";
import { describe, it } from "node:test";
import request from "supertest";
import { authenticatorOf, credentialsOf, TOKEN } from "../../../support/http/authenticator.ts";
import { publicApp } from "../../../support/http/public-app.ts";
import { sampleConfig, sampleFunction } from "../../../support/sample.ts";

const HERE = "us-east-1:000000000000";
const ARN = `arn:aws:lambda:${HERE}:function`;
const MANY = Array.from({ length: 51 }, (_, n) => sampleFunction(`many-${String(n).padStart(2, "0")}`));

const config = {
  ...sampleConfig({
    queues: ["failed", "dead"],
    functions: [
      sampleFunction("work", {
        description: "does the work",
        timeoutSeconds: 30,
        memorySize: 256,
        concurrency: 7,
        environment: { PASSWORD: "a secret" },
        maximumRetryAttempts: 1,
        maximumEventAgeInSeconds: 600,
        onSuccess: { kind: "event-bus", name: "default" },
        onFailure: { kind: "queue", name: "failed" },
        deadLetterQueue: "dead",
        url: { authType: "AWS_IAM", invokeMode: "RESPONSE_STREAM" },
      }),
      sampleFunction("polled", { run: { kind: "runtimeApi" }, concurrency: 1_000 }),
      sampleFunction("boxed", { run: { kind: "container", url: "http://127.0.0.1:9/" }, concurrency: 2 }),
    ],
  }),
  places: {
    buses: new Map<string, string>(),
    functions: new Map([["work", "config/functions.yaml:7:3"]]),
    rules: new Map<string, string>(),
    schedules: new Map<string, string>(),
    queues: new Map<string, string>(),
    mappings: new Map<string, string>(),
    archives: new Map<string, string>(),
  },
};
const { app, faults } = publicApp({ config });

interface Answer {
  readonly status: number;
  readonly code: unknown;
  readonly body: unknown;
}

async function ask(method: "get" | "post" | "put" | "delete", path: string, body?: object | string): Promise<Answer> {
  const asked = request(app)[method](path).set("content-type", "application/json");
  const { status, headers, text } = await (body === undefined ? asked : asked.send(body));
  return { status, code: headers["x-amzn-errortype"], body: JSON.parse(text) as unknown };
}

const get = (path: string): Promise<Answer> => ask("get", path);

/** What a read answers that goes well. */
async function read(path: string): Promise<unknown> {
  const { status, body } = await get(path);
  assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
  return body;
}

const LISTED = {
  FunctionName: "work",
  FunctionArn: `${ARN}:work`,
  Description: "does the work",
  Timeout: 30,
  MemorySize: 256,
  Version: "$LATEST",
  TracingConfig: { Mode: "PassThrough" },
  SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
  DeadLetterConfig: { TargetArn: `arn:aws:sqs:${HERE}:dead` },
};
const SHOWN = { ...LISTED, State: "Active", LastUpdateStatus: "Successful" };
const LATEST = { FunctionArn: `${ARN}:work:$LATEST` };
const F = "/2015-03-31/functions";

describe("Functions over the Lambda API", () => {
  it("A function is read with what its configuration says of it, and without its environment's values", async () => {
    assert.deepEqual(await read(`${F}/work/configuration`), SHOWN);
    const whole = { Configuration: SHOWN, Code: {}, Concurrency: { ReservedConcurrentExecutions: 7 } };
    for (const name of ["work", "function:work", `${ARN}:work`]) {
      assert.deepEqual(await read(`${F}/${encodeURIComponent(name)}`), whole, name);
    }
    assert.deepEqual(await read(`${F}/work?Qualifier=%24LATEST`), {
      ...whole,
      Configuration: { ...SHOWN, ...LATEST },
    });
    assert.deepEqual(await read(`${F}/work%3A%24LATEST/configuration`), { ...SHOWN, ...LATEST });
  });

  it("Functions of images say so, and have a concurrency where their environments are not the only bound", async () => {
    const { Configuration, ...rest } = (await read(`${F}/polled`)) as { Configuration: Record<string, unknown> };
    assert.deepEqual([Configuration["PackageType"], rest], ["Image", { Code: {} }]);
    const concurrency = (name: string) => read(`/2019-09-30/functions/${name}/concurrency`);
    assert.deepEqual(
      [await concurrency("work"), await concurrency("polled"), await concurrency("boxed")],
      [{ ReservedConcurrentExecutions: 7 }, {}, { ReservedConcurrentExecutions: 2 }],
    );
  });

  it("Functions are listed by name, without their states, and by version with its ARN", async () => {
    const { Functions, ...rest } = (await read(`${F}/?MaxItems=10000`)) as { Functions: Record<string, unknown>[] };
    assert.deepEqual([Functions.map(({ FunctionName }) => FunctionName), rest], [["boxed", "polled", "work"], {}]);
    assert.deepEqual(Functions[2], LISTED);
    const versions = (await read(`${F}?FunctionVersion=ALL`)) as { Functions: Record<string, unknown>[] };
    assert.deepEqual(versions.Functions[2], { ...LISTED, ...LATEST });
    assert.deepEqual(await read(`${F}/work/versions?MaxItems=10`), { Versions: [{ ...LISTED, ...LATEST }] });
    assert.deepEqual(await read(`${F}/work/aliases?FunctionVersion=1&MaxItems=5`), { Aliases: [] });
  });

  it("A list of functions has 50 on a page, and a marker that no other list takes", async () => {
    const { app: ofMany } = publicApp({ config: sampleConfig({ functions: MANY }) });
    const list = async (query: string) => {
      const { status, text } = await request(ofMany).get(`${F}${query}`);
      const { Functions = [], NextMarker } = JSON.parse(text) as {
        Functions?: { FunctionName: string }[];
        NextMarker?: string;
      };
      return { status, names: Functions.map(({ FunctionName }) => FunctionName), NextMarker };
    };
    const names = MANY.map(({ name }) => name);
    const first = await list("?MaxItems=10000");
    assert.deepEqual(first.names, names.slice(0, 50));
    const last = await list(`?Marker=${first.NextMarker}`);
    assert.deepEqual([last.names, last.NextMarker], [names.slice(50), undefined]);
    const two = await list("?MaxItems=2");
    assert.deepEqual((await list(`?MaxItems=2&Marker=${two.NextMarker}`)).names, names.slice(2, 4));
    assert.equal((await list(`?FunctionVersion=ALL&Marker=${first.NextMarker}`)).status, 400);
    assert.equal((await list("?Marker=none")).status, 400);
  });

  it("Retries, their age and destinations are a function's event invoke configuration", async () => {
    const expected = {
      ...LATEST,
      MaximumRetryAttempts: 1,
      MaximumEventAgeInSeconds: 600,
      DestinationConfig: {
        OnSuccess: { Destination: `arn:aws:events:${HERE}:event-bus/default` },
        OnFailure: { Destination: `arn:aws:sqs:${HERE}:failed` },
      },
    };
    const path = "/2019-09-25/functions/work/event-invoke-config";
    assert.deepEqual(await read(path), expected);
    assert.deepEqual(await read(`${path}/list?MaxItems=50`), { FunctionEventInvokeConfigs: [expected] });
    const { DestinationConfig } = (await read(path.replace("work", "polled"))) as { DestinationConfig: object };
    assert.deepEqual(DestinationConfig, { OnSuccess: {}, OnFailure: {} });
  });

  it("What a function has not is answered as Lambda answers for one that has it not", async () => {
    assert.deepEqual(await read("/2020-06-30/functions/work/code-signing-config"), {});
    assert.deepEqual(await read("/2024-08-31/functions/work/recursion-config"), { RecursiveLoop: "Allow" });
    assert.deepEqual(await read("/2021-07-20/functions/work/runtime-management-config"), {
      FunctionArn: `${ARN}:work`,
      UpdateRuntimeOn: "FunctionUpdate",
    });
    const provisioned = "/2019-09-30/functions/work/provisioned-concurrency";
    assert.deepEqual(await read(`${provisioned}?List=ALL&MaxItems=5`), { ProvisionedConcurrencyConfigs: [] });
    assert.deepEqual(await get(`${provisioned}?Qualifier=%24LATEST`), {
      status: 404,
      code: "ProvisionedConcurrencyConfigNotFoundException",
      body: { Type: "User", Message: "No Provisioned Concurrency Config found for this function" },
    });
    assert.deepEqual(await read("/2021-10-31/functions/boxed/urls"), { FunctionUrlConfigs: [] });
    const url = {
      FunctionUrl: "http://work.localhost:8081/",
      FunctionArn: `${ARN}:work`,
      AuthType: "AWS_IAM",
      InvokeMode: "RESPONSE_STREAM",
    };
    assert.deepEqual(await read("/2021-10-31/functions/work/urls"), { FunctionUrlConfigs: [url] });
    assert.deepEqual(await read("/2021-10-31/functions/work/url"), url);
    assert.deepEqual(await read(`/2017-03-31/tags/${encodeURIComponent(`${ARN}:work`)}`), { Tags: {} });
    assert.deepEqual(await read("/2016-08-19/account-settings/"), {
      AccountLimit: {},
      AccountUsage: { FunctionCount: 3 },
    });
  });

  it("What is not there is refused in the words of each operation", async () => {
    const none = "The resource you requested does not exist.";
    const tags = (arn: string) => `/2017-03-31/tags/${encodeURIComponent(arn)}`;
    const table: readonly (readonly [path: string, message: string])[] = [
      [`${F}/none`, `Function not found: ${ARN}:none`],
      [`${F}/none?Qualifier=%24LATEST`, `Function not found: ${ARN}:none:$LATEST`],
      [`${F}/work:live/configuration`, `Function not found: ${ARN}:work:live`],
      [`${F}/none/versions`, `Function not found: ${ARN}:none`],
      [`${F}/none/aliases`, `Function not found: ${ARN}:none`],
      [`${F}/work/aliases/live`, `Cannot find alias arn: ${ARN}:work:live`],
      [`${F}/work/policy`, none],
      [`${F}/none/policy`, none],
      ["/2019-09-30/functions/none/concurrency", `Function not found: ${ARN}:none`],
      [
        "/2019-09-25/functions/none/event-invoke-config",
        `The function ${ARN}:none:$LATEST doesn't have an EventInvokeConfig`,
      ],
      [
        "/2019-09-25/functions/work/event-invoke-config?Qualifier=1",
        `The function ${ARN}:work:1 doesn't have an EventInvokeConfig`,
      ],
      ["/2019-09-25/functions/none/event-invoke-config/list", "The function doesn't exist."],
      ["/2021-10-31/functions/boxed/url", none],
      ["/2021-10-31/functions/none/urls", "Function does not exist"],
      [
        `${F}/${encodeURIComponent("arn:aws:lambda:eu-west-1:000000000000:function:work")}`,
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
      ],
      [tags(`${ARN}:none`), `Function not found: ${ARN}:none`],
    ];
    for (const [path, Message] of table) {
      const expected = { status: 404, code: "ResourceNotFoundException", body: { Type: "User", Message } };
      assert.deepEqual(await get(path), expected, path);
    }
    const wrong: readonly (readonly [path: string, code: string, text: RegExp])[] = [
      [`${F}/work:1?Qualifier=2`, "InvalidParameterValueException", /does not match the specified qualifier\./],
      [`${F}/a%20b`, "ValidationException", /Value 'a b' at 'functionName' failed to satisfy/],
      [`${F}?FunctionVersion=invalid`, "ValidationException", /at 'functionVersion' .* enum value set: \[ALL\]/],
      [`${F}?MaxItems=0`, "ValidationException", /Value '0' at 'maxItems' failed/],
      [tags(`${ARN}:work:1`), "ResourceNotFoundException", /Function not found: .*:work:1/],
      [tags(`${ARN}:work:$LATEST`), "InvalidParameterValueException", /Tags on function aliases and versions/],
    ];
    for (const [path, code, text] of wrong) {
      const answer = await get(path);
      assert.equal(answer.code, code, path);
      assert.match(JSON.stringify(answer.body), text);
    }
  });

  it("Every change of a function is refused with one sentence, which says where its file has it", async () => {
    const deployed = "functions are deployed with the configuration";
    const change = `${deployed}, and a file has this one (config/functions.yaml:7:3). Change it there.`;
    const versions = `${deployed}, and so are their versions. Add one to its "versions" there.`;
    const url = `${deployed}, and so are their URLs: change its "url" there.`;
    const policy = `${deployed}, and who may call them is said by the policies of callers.`;
    const signing = `${deployed}, and their code is not signed.`;
    const provisioned = `${deployed}, and no environments are kept ready for them.`;
    const table = [
      ["DeleteFunction", "delete", `${F}/work`, change],
      ["UpdateFunctionCode", "put", `${F}/work/code`, change],
      ["UpdateFunctionConfiguration", "put", `${F}/work/configuration`, change],
      ["PutFunctionConcurrency", "put", "/2017-10-31/functions/work/concurrency", change],
      ["DeleteFunctionConcurrency", "delete", "/2017-10-31/functions/work/concurrency", change],
      ["PutFunctionEventInvokeConfig", "put", "/2019-09-25/functions/work/event-invoke-config", change],
      ["UpdateFunctionEventInvokeConfig", "post", "/2019-09-25/functions/work/event-invoke-config", change],
      ["DeleteFunctionEventInvokeConfig", "delete", "/2019-09-25/functions/work/event-invoke-config", change],
      ["PublishVersion", "post", `${F}/work/versions`, versions],
      ["AddPermission", "post", `${F}/work/policy`, policy],
      ["RemovePermission", "delete", `${F}/work/policy/all`, policy],
      ["CreateFunctionUrlConfig", "post", "/2021-10-31/functions/work/url", url],
      ["UpdateFunctionUrlConfig", "put", "/2021-10-31/functions/work/url", url],
      ["DeleteFunctionUrlConfig", "delete", "/2021-10-31/functions/work/url", url],
      ["PutFunctionCodeSigningConfig", "put", "/2020-06-30/functions/work/code-signing-config", signing],
      ["DeleteFunctionCodeSigningConfig", "delete", "/2020-06-30/functions/work/code-signing-config", signing],
      [
        "PutFunctionRecursionConfig",
        "put",
        "/2024-08-31/functions/work/recursion-config",
        `${deployed}, and nobody ends one that causes its own calls.`,
      ],
      [
        "PutRuntimeManagementConfig",
        "put",
        "/2021-07-20/functions/work/runtime-management-config",
        `${deployed}, and have the runtime of their image or command.`,
      ],
      ["PutProvisionedConcurrencyConfig", "put", "/2019-09-30/functions/work/provisioned-concurrency", provisioned],
      [
        "DeleteProvisionedConcurrencyConfig",
        "delete",
        "/2019-09-30/functions/work/provisioned-concurrency",
        provisioned,
      ],
      [
        "TagResource",
        "post",
        `/2017-03-31/tags/${encodeURIComponent(`${ARN}:work`)}`,
        `${deployed}, and have no tags.`,
      ],
      [
        "UntagResource",
        "delete",
        `/2017-03-31/tags/${encodeURIComponent(`${ARN}:work`)}?tagKeys=a`,
        `${deployed}, and have no tags.`,
      ],
    ] as const;
    const refused = (message: string) => ({
      status: 400,
      code: "InvalidParameterValueException",
      body: { Type: "User", message },
    });
    for (const [operation, method, path, why] of table) {
      const body = method === "delete" ? undefined : { Tags: { a: "1" } };
      const message = `${operation} is not supported for function work: ${why}`;
      assert.deepEqual(await ask(method, path, body), refused(message), operation);
      const elsewhere = await ask(method, path.replace("work", "none"), body);
      assert.deepEqual([elsewhere.status, elsewhere.code], [404, "ResourceNotFoundException"], operation);
    }
    const make = `CreateFunction is not supported: ${deployed}. Change them in its files, under "functions".`;
    assert.deepEqual(await ask("post", `${F}/`, { FunctionName: "more", Role: "r" }), refused(make));
    const unread = "no JSON".padEnd(65_537, ".");
    assert.deepEqual(await ask("post", F, unread), refused(make), "code that comes with a change is not read");
    assert.deepEqual(faults, []);
  });

  it("A caller needs the action of each operation, on the function that it names", async () => {
    const allowed = credentialsOf({
      effect: "Allow",
      actions: ["lambda:GetFunction", "lambda:UpdateFunctionCode"],
      resources: [`${ARN}:work`],
      conditions: [],
    });
    const { authenticator, audit } = authenticatorOf(allowed);
    const { app: guarded } = publicApp({ authenticator, config });
    const status = async (method: "get" | "put", path: string, token: string | undefined = TOKEN) => {
      const headers = token === "" ? {} : { authorization: `Bearer ${token}` };
      return (await request(guarded)[method](path).set(headers)).status;
    };
    assert.equal(await status("get", `${F}/work`), 200);
    assert.equal(audit.length, 0, "a read that is allowed is not audited");
    assert.equal(await status("get", `${F}/boxed`), 403);
    assert.equal(await status("get", `${F}/work?Qualifier=%24LATEST`), 403);
    assert.equal(await status("get", `${F}/work/configuration`), 403);
    assert.equal(await status("get", F), 403);
    assert.equal(await status("get", `${F}/work`, ""), 403);
    assert.equal(await status("put", `${F}/boxed/code`), 403);
    assert.equal(await status("put", `${F}/work/code`), 400);
    const last = audit.at(-1);
    assert.deepEqual(
      [last?.action, last?.resource, last?.outcome],
      ["lambda:UpdateFunctionCode", `${ARN}:work`, "allowed"],
    );
  });
});
