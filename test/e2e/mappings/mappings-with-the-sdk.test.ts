import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CreateEventSourceMappingCommandInput } from "@aws-sdk/client-lambda";
import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  InvalidParameterValueException,
  ListTagsCommand,
  paginateListEventSourceMappings,
  ResourceConflictException,
  ResourceNotFoundException,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { lambdaClient } from "../../support/aws/lambda-client.ts";
import { Router } from "../../support/router/router.ts";

const HERE = "us-east-1:000000000000";
const CONFIG = `
queues: { orders: {}, failed: {} }
streams: { clicks: {} }
functions: { work: { http: { url: "http://127.0.0.1:9" } } }
`;

describe("Event source mappings over AWS's JavaScript SDK", () => {
  it("Each operation of the Lambda API on mappings has the answers and errors that the SDK knows", async (t) => {
    const router = await Router.start({ config: CONFIG });
    t.after(() => router.remove());
    const client = lambdaClient(router.publicUrl);
    t.after(() => client.destroy());
    const create = (input: Omit<CreateEventSourceMappingCommandInput, "FunctionName">) =>
      client.send(new CreateEventSourceMappingCommand({ FunctionName: "work", ...input }));

    const EventSourceArn = `arn:aws:sqs:${HERE}:orders`;
    const FilterCriteria = { Filters: [{ Pattern: '{"body":{"kind":["order"]}}' }] };
    const given = { BatchSize: 5, FilterCriteria, ScalingConfig: { MaximumConcurrency: 2 } };
    const sqs = await create({ EventSourceArn, ...given, Tags: { a: "1" } });
    const { UUID = "", EventSourceMappingArn: Resource = "", LastModified } = sqs;
    assert.deepEqual([sqs.$metadata.httpStatusCode, sqs.State], [202, "Creating"]);
    assert.ok(LastModified instanceof Date && Math.abs(Date.now() - LastModified.getTime()) < 600_000);

    const got = await client.send(new GetEventSourceMappingCommand({ UUID }));
    const { BatchSize, FilterCriteria: filters, ScalingConfig } = got;
    assert.deepEqual({ BatchSize, FilterCriteria: filters, ScalingConfig }, given);
    assert.deepEqual([got.State, got.FunctionArn], ["Enabled", `arn:aws:lambda:${HERE}:function:work`]);

    const at = new Date("2026-01-02T03:04:05.000Z");
    const from = { StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: at } as const;
    const stream = `arn:aws:kinesis:${HERE}:stream/clicks`;
    const DestinationConfig = { OnFailure: { Destination: `arn:aws:sqs:${HERE}:failed` } };
    const kinesis = await create({ EventSourceArn: stream, ...from, ParallelizationFactor: 2, DestinationConfig });
    assert.deepEqual([kinesis.StartingPositionTimestamp, kinesis.DestinationConfig], [at, DestinationConfig]);

    const listed: (string | undefined)[] = [];
    for await (const page of paginateListEventSourceMappings({ client, pageSize: 1 }, { FunctionName: "work" })) {
      listed.push(...(page.EventSourceMappings ?? []).map((each) => each.UUID));
    }
    assert.deepEqual(listed, [UUID, kinesis.UUID].toSorted());

    const updated = await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false, BatchSize: 7 }));
    assert.deepEqual([updated.State, updated.BatchSize], ["Disabling", 7]);

    await client.send(new TagResourceCommand({ Resource, Tags: { b: "2" } }));
    await client.send(new UntagResourceCommand({ Resource, TagKeys: ["a"] }));
    assert.deepEqual((await client.send(new ListTagsCommand({ Resource }))).Tags, { b: "2" });

    await assert.rejects(create({ EventSourceArn }), (error) => {
      return error instanceof ResourceConflictException && error.message.endsWith(UUID);
    });
    await assert.rejects(create({ EventSourceArn: `${EventSourceArn}-none` }), InvalidParameterValueException);

    const deleted = await client.send(new DeleteEventSourceMappingCommand({ UUID }));
    assert.equal(deleted.State, "Deleting");
    await assert.rejects(client.send(new GetEventSourceMappingCommand({ UUID })), ResourceNotFoundException);
    await assert.rejects(client.send(new DeleteEventSourceMappingCommand({ UUID })), ResourceNotFoundException);
  });
});
