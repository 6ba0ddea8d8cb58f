import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { eventually } from "../../contract/waiting.ts";
import { callLambda } from "../../support/aws/lambda-calls.ts";
import { sqsClient } from "../../support/aws/sqs-client.ts";
import { BatchFunction } from "../../support/functions/batch-function.ts";
import { busbar } from "../../support/router/command-line.ts";
import { Router } from "../../support/router/router.ts";

const HERE = "us-east-1:000000000000";
const SQS = `arn:aws:sqs:${HERE}`;
const KINESIS = `arn:aws:kinesis:${HERE}:stream`;
const SNS = `arn:aws:sns:${HERE}:topic`;
const LAMBDA = `arn:aws:lambda:${HERE}`;
const MQ = `arn:aws:mq:${HERE}:broker:busbar:b-00000000-0000-0000-0000-000000000000`;

const configOf = (url: string): string => `
queues: { orders: {}, others: {}, brief: { visibilityTimeoutSeconds: 2 }, failed: {}, of-file: {} }
streams: { clicks: {} }
functions:
  work: { http: { url: "${url}" }, timeoutSeconds: 3 }
  more: { http: { url: "${url}" }, timeoutSeconds: 3, versions: { "1": {} }, aliases: { live: { functionVersion: "1" } } }
  polls: { runtimeApi: {} }
eventSourceMappings:
  file-to-work: { queue: of-file, function: work, maximumConcurrency: 2, filters: [{ body: { a: [1] } }] }
`;

describe("Event source mappings over the Lambda API", { timeout: 240_000 }, () => {
  let router: Router;
  let work: BatchFunction;
  before(async () => {
    work = await BatchFunction.start();
    router = await Router.start({ config: configOf(work.url) });
  });
  after(async () => {
    await router.remove();
    await work.stop();
  });

  const call = (method: string, path: string, input?: object) => callLambda(router.publicUrl, method, path, input);
  const create = async (input: object): Promise<Record<string, unknown>> => {
    const { status, body } = await call("POST", "", input);
    assert.equal(status, 202, JSON.stringify(body));
    return body;
  };
  const remove = async (made: Record<string, unknown>): Promise<void> => {
    assert.equal((await call("DELETE", `/${String(made["UUID"])}`)).status, 202);
  };
  const refused = async (method: string, path: string, input: object | undefined, expected: string): Promise<void> => {
    const { status, error, body } = await call(method, path, input);
    assert.equal(`${status} ${error}: ${String(body["message"] ?? body["Message"])}`, expected);
    assert.equal(body["Type"] ?? "User", "User");
  };

  it("A mapping of a queue is made, read, changed and deleted, and its function is called meanwhile", async () => {
    const given = { EventSourceArn: `${SQS}:orders`, FunctionName: "work" };
    const atS = Math.floor(Date.now() / 1_000);
    const made = await create(given);
    const { UUID: uuid, EventSourceMappingArn, LastModified, ...rest } = made;
    assert.match(String(uuid), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(EventSourceMappingArn, `${LAMBDA}:event-source-mapping:${String(uuid)}`);
    assert.ok(Number(LastModified) >= atS);
    const shown = {
      BatchSize: 10,
      EventSourceArn: `${SQS}:orders`,
      FunctionArn: `${LAMBDA}:function:work`,
      FunctionResponseTypes: [],
      MaximumBatchingWindowInSeconds: 0,
      StateTransitionReason: "USER_INITIATED",
    };
    assert.deepEqual(rest, { ...shown, State: "Creating" });

    const sqs = sqsClient(router.publicUrl);
    await sqs.send(new SendMessageCommand({ QueueUrl: "orders", MessageBody: "one" }));
    await eventually("its function is called", () => work.bodies.includes("one"));
    await eventually("its result is known", async () => {
      return (await call("GET", `/${String(uuid)}`)).body["LastProcessingResult"] === "OK";
    });
    const { body: got } = await call("GET", `/${String(uuid)}`);
    const last = { UUID: uuid, EventSourceMappingArn, LastModified, LastProcessingResult: "OK" };
    assert.deepEqual(got, { ...shown, ...last, State: "Enabled" });

    const put = (input: object) => call("PUT", `/${String(uuid)}`, input);
    const { status, body: updating } = await put({ BatchSize: 3, FunctionResponseTypes: ["ReportBatchItemFailures"] });
    assert.deepEqual([status, updating["State"], updating["BatchSize"]], [202, "Updating", 3]);
    assert.equal((await put({ Enabled: false })).body["State"], "Disabling");
    assert.equal((await call("GET", `/${String(uuid)}`)).body["State"], "Disabled");
    await sqs.send(new SendMessageCommand({ QueueUrl: "orders", MessageBody: "two" }));
    const enabling = await put({ Enabled: true, FunctionResponseTypes: [], FilterCriteria: { Filters: [] } });
    assert.deepEqual([enabling.body["State"], enabling.body["FunctionResponseTypes"]], ["Enabling", []]);
    await eventually("the function is called again", () => work.bodies.includes("two"));
    sqs.destroy();

    assert.equal((await call("DELETE", `/${String(uuid)}`)).body["State"], "Deleting");
    await refused(
      "GET",
      `/${String(uuid)}`,
      undefined,
      "404 ResourceNotFoundException: The resource you requested does not exist.",
    );
  });

  it("A mapping of a stream has Lambda's defaults for streams, and keeps what it was given", async () => {
    const given = { EventSourceArn: `${KINESIS}/clicks`, StartingPosition: "AT_TIMESTAMP" };
    const times = {
      StartingPositionTimestamp: 1_700_000_000.5,
      DestinationConfig: { OnFailure: { Destination: `${SQS}:failed` } },
    };
    const made = await create({ ...given, ...times, FunctionName: `${LAMBDA}:function:more:live`, Enabled: false });
    const { UUID: uuid, EventSourceMappingArn: _, LastModified: __, ...rest } = made;
    assert.deepEqual(rest, {
      ...given,
      ...times,
      BatchSize: 100,
      BisectBatchOnFunctionError: false,
      FunctionArn: `${LAMBDA}:function:more:live`,
      FunctionResponseTypes: [],
      LastProcessingResult: "No records processed",
      MaximumBatchingWindowInSeconds: 0,
      MaximumRecordAgeInSeconds: -1,
      MaximumRetryAttempts: -1,
      ParallelizationFactor: 1,
      State: "Creating",
      StateTransitionReason: "User action",
      TumblingWindowInSeconds: 0,
    });
    const { stdout } = await busbar(["export", "--json", "--admin-url", router.adminUrl]);
    const { eventSourceMappings } = JSON.parse(stdout) as { eventSourceMappings: Record<string, object> };
    assert.deepEqual(eventSourceMappings[String(uuid)], {
      stream: "clicks",
      function: "more:live",
      batchSize: 100,
      maximumBatchingWindowInSeconds: 0,
      startingPosition: "AT_TIMESTAMP",
      startingPositionTimestamp: "2023-11-14T22:13:20.500Z",
      parallelizationFactor: 1,
      bisectBatchOnFunctionError: false,
      maximumRetryAttempts: -1,
      maximumRecordAgeInSeconds: -1,
      tumblingWindowInSeconds: 0,
      onFailure: { queue: "failed" },
      enabled: false,
    });
    await remove(made);
  });

  it("A queue that AMQP publishers fill is read as Amazon MQ's", async () => {
    const made = await create({ EventSourceArn: MQ, Queues: ["others"], FunctionName: "work" });
    assert.deepEqual([made["Queues"], made["BatchSize"]], [["others"], 100]);
    const { stdout } = await busbar([
      "mappings",
      "show",
      String(made["UUID"]),
      "--admin-url",
      router.adminUrl,
      "--json",
    ]);
    assert.equal((JSON.parse(stdout) as { format: string }).format, "rmq");
    await remove(made);
  });

  it("What is not valid is refused in Lambda's words", async () => {
    const of = { EventSourceArn: `${SQS}:others`, FunctionName: "work" };
    const stream = { EventSourceArn: `${KINESIS}/clicks`, FunctionName: "work" };
    const wrong = "400 InvalidParameterValueException:";
    const [none, on] = [`${LAMBDA}:function:none`, { OnFailure: { Destination: `${SQS}:failed` } }];
    const unsupported = (name: string) => `${wrong} Unsupported ${name} parameter for given event source mapping type.`;
    const cases: readonly (readonly [object, string])[] = [
      [{ FunctionName: "work" }, `${wrong} Unrecognized event source.`],
      [{ ...of, EventSourceArn: SNS }, `${wrong} Unrecognized event source.`],
      [{ ...of, FunctionName: none }, `${wrong} Function does not exist`],
      [{ ...of, FunctionName: none.replace("000000000000", "111122223333") }, `${wrong} Function does not exist`],
      [{ ...of, FunctionName: "polls" }, `${wrong} Function polls polls (runtimeApi): name one that is called.`],
      [{ ...of, DestinationConfig: on }, unsupported("DestinationConfig")],
      [
        { ...stream, StartingPosition: "LATEST", DestinationConfig: { OnSuccess: on.OnFailure } },
        unsupported("DestinationConfig"),
      ],
      [
        { ...stream, StartingPosition: "LATEST", DestinationConfig: { OnFailure: { Destination: SNS } } },
        `${wrong} OnFailure must be the ARN of a queue of this account and region, not ${SNS}`,
      ],
      [{ ...of, ParallelizationFactor: 2 }, unsupported("ParallelizationFactor")],
      [{ ...of, StartingPosition: "LATEST" }, `${wrong} StartingPosition is not valid for SQS event sources.`],
      [
        { ...of, BatchSize: 11 },
        `${wrong} Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10`,
      ],
      [
        stream,
        `${wrong} 1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.`,
      ],
      [
        { ...stream, StartingPosition: "invalid" },
        "400 ValidationException: 1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]",
      ],
      [{ ...stream, EventSourceArn: `${KINESIS}/none` }, `${wrong} Stream not found: ${KINESIS}/none`],
      [
        { ...of, EventSourceArn: `${SQS}:none` },
        `${wrong} Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.`,
      ],
      [
        { ...of, EventSourceArn: `${SQS}:brief` },
        `${wrong} Queue visibility timeout: 2 seconds is less than Function timeout: 3 seconds`,
      ],
      [
        { ...stream, StartingPosition: "LATEST", MaximumRecordAgeInSeconds: 30 },
        `${wrong} The event source mapping is not valid: maximumRecordAgeInSeconds must be -1 or at least 60`,
      ],
      [
        { ...of, BatchSize: 0 },
        "400 ValidationException: 1 validation error detected: Value '0' at 'batchSize' failed to satisfy constraint: Member must have value greater than or equal to 1",
      ],
    ];
    for (const [input, expected] of cases) await refused("POST", "/", input, expected);
    for (const Pattern of [null, "word", '{"eventSource":"aws:sqs"}', '{"eventSource":[]}', "{"]) {
      const input = { ...of, FilterCriteria: { Filters: [{ Pattern }] } };
      await refused("POST", "", input, `${wrong} Invalid filter pattern definition.`);
    }
  });

  it("What is no UUID is no mapping, whatever the store can keep", async () => {
    for (const name of ["none", "%00", "%20"])
      for (const method of ["GET", "PUT", "DELETE"]) {
        const gone = "404 ResourceNotFoundException: The resource you requested does not exist.";
        await refused(method, `/${name}`, method === "PUT" ? {} : undefined, gone);
      }
  });

  it("A source has one mapping for a function, be it of the API or of a file", async () => {
    const made = await create({ EventSourceArn: `${SQS}:others`, FunctionName: "work" });
    const there = (queue: string, uuid: unknown): string =>
      `409 ResourceConflictException: An event source mapping with SQS arn (" ${SQS}:${queue} ") and function (" work ") already exists. Please update or delete the existing mapping with UUID ${String(uuid)}`;
    const again = { EventSourceArn: `${SQS}:others`, FunctionName: "000000000000:function:work" };
    await refused("POST", "", again, there("others", made["UUID"]));
    const { body } = await call("GET", `/?EventSourceArn=${SQS}:of-file`);
    const [ofFile] = body["EventSourceMappings"] as [Record<string, unknown>];
    await refused("POST", "", { ...again, EventSourceArn: `${SQS}:of-file` }, there("of-file", ofFile["UUID"]));
    const other = await create({ EventSourceArn: `${SQS}:others`, FunctionName: "more" });
    await refused("PUT", `/${String(other["UUID"])}`, { FunctionName: "work" }, there("others", made["UUID"]));
    await remove(made);
    assert.equal((await call("PUT", `/${String(other["UUID"])}`, { FunctionName: "work" })).status, 202);
    const more = await create({ EventSourceArn: `${SQS}:others`, FunctionName: "more" });
    await Promise.all([remove(other), remove(more)]);
  });

  it("A mapping of a file is listed with a UUID of its own, and is changed in its file", async () => {
    const { body } = await call("GET", "");
    const [{ UUID: uuid, ...rest }] = body["EventSourceMappings"] as [Record<string, unknown>];
    assert.deepEqual(rest, {
      BatchSize: 10,
      EventSourceArn: `${SQS}:of-file`,
      EventSourceMappingArn: `${LAMBDA}:event-source-mapping:${String(uuid)}`,
      FilterCriteria: { Filters: [{ Pattern: '{"body":{"a":[1]}}' }] },
      FunctionArn: `${LAMBDA}:function:work`,
      FunctionResponseTypes: [],
      LastModified: 0,
      MaximumBatchingWindowInSeconds: 0,
      ScalingConfig: { MaximumConcurrency: 2 },
      State: "Enabled",
      StateTransitionReason: "USER_INITIATED",
    });
    assert.deepEqual((await call("GET", `/${String(uuid)}`)).body, { UUID: uuid, ...rest });
    for (const [method, name] of [["PUT", "Update"] as const, ["DELETE", "Delete"] as const]) {
      const { error, body: answer } = await call(method, `/${String(uuid)}`, method === "PUT" ? {} : undefined);
      assert.equal(error, "InvalidParameterValueException");
      assert.match(
        String(answer["message"]),
        new RegExp(
          `^${name}EventSourceMapping is not supported for event source mapping file-to-work: a configuration file has it \\(.*:\\d+:\\d+\\), change it there\\.$`,
        ),
      );
    }
  });

  it("A list is given a page at a time, of a source or of a function", async () => {
    const made = await Promise.all([
      create({ EventSourceArn: `${SQS}:orders`, FunctionName: "work", Enabled: false }),
      create({ EventSourceArn: `${SQS}:orders`, FunctionName: "more", Enabled: false }),
      create({ EventSourceArn: `${SQS}:others`, FunctionName: "more", Enabled: false }),
    ]);
    const listed = async (query: string): Promise<readonly unknown[]> => {
      const found: unknown[] = [];
      for (let marker = ""; ;) {
        const { body } = await call("GET", `/?MaxItems=1&${query}${marker}`);
        found.push(...(body["EventSourceMappings"] as readonly { UUID: string }[]).map(({ UUID }) => UUID));
        const { NextMarker: next } = body as { NextMarker?: string };
        if (next === undefined) return found;
        marker = `&Marker=${next}`;
      }
    };
    const [one, two, three] = made.map(({ UUID }) => UUID);
    assert.equal((await listed("")).length, 4);
    assert.deepEqual(await listed("FunctionName=more"), [two, three].toSorted());
    assert.deepEqual(await listed(`EventSourceArn=${SQS}:orders`), [one, two].toSorted());
    assert.deepEqual(await listed(`EventSourceArn=${SQS}:orders&FunctionName=work`), [one]);
    await refused("GET", "?Marker=none", undefined, "400 InvalidParameterValueException: Marker is not valid.");
    await Promise.all(made.map(remove));
  });

  it("Policies decide by a mapping's ARN, and who makes one or has it call another function by the function's", async () => {
    await router.stop();
    const file = join(router.folder, "keys");
    const statements = [
      { effect: "Allow", action: "lambda:CreateEventSourceMapping", resource: `${LAMBDA}:function:*` },
      { effect: "Deny", action: "lambda:CreateEventSourceMapping", resource: `${LAMBDA}:function:more` },
      {
        effect: "Allow",
        action: ["lambda:Get*", "lambda:Update*"],
        resource: `${LAMBDA}:event-source-mapping:*`,
      },
    ];
    await writeFile(file, JSON.stringify({ accessKeys: { AKIDONE: { secret: "a-long-secret-of-one", statements } } }));
    await router.launch({ env: { BUSBAR_ACCESS_KEYS_FILE: file } });
    const key = { accessKeyId: "AKIDONE", secretAccessKey: "a-long-secret-of-one" };
    const asKey = (method: string, path: string, input?: object) =>
      callLambda(router.publicUrl, method, path, input, key);
    const of = { EventSourceArn: `${SQS}:orders`, FunctionName: "work" };
    const { status, body } = await asKey("POST", "", of);
    assert.equal(status, 202);
    const path = `/${String(body["UUID"])}`;
    assert.equal((await asKey("GET", path)).status, 200);
    assert.equal((await asKey("PUT", path, { Enabled: false, FunctionName: "work" })).status, 202);
    for (const [method, where, input] of [
      ["PUT", path, { FunctionName: "more" }],
      ["DELETE", path, undefined],
      ["GET", "", undefined],
      ["POST", "", { ...of, FunctionName: "more" }],
      ["POST", "", { ...of, FunctionName: "more:live" }],
    ] as const) {
      assert.equal((await asKey(method, where, input)).error, "AccessDeniedException", `${method} ${where}`);
    }
  });
});
