import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MADE_CHECKS } from "../../../../../src/config/made/entry/made-checks.ts";
import type { MadeMapping } from "../../../../../src/domain/made/mapping.ts";
import { MAPPING_KIND, MAPPING_PAIR_KIND } from "../../../../../src/domain/made/mapping.ts";
import { mappingArn } from "../../../../../src/domain/arn.ts";
import { checkpointQueue } from "../../../../../src/domain/queue/queues.ts";
import type { MappingApi } from "../../../../../src/edge/aws/services/lambda/mappings/mapping-api.ts";
import {
  createEventSourceMapping,
  updateEventSourceMapping,
} from "../../../../../src/edge/aws/services/lambda/mappings/mapping-changes.ts";
import { deleteEventSourceMapping } from "../../../../../src/edge/aws/services/lambda/mappings/mapping-deletion.ts";
import { getEventSourceMapping } from "../../../../../src/edge/aws/services/lambda/mappings/mapping-reading.ts";
import { listMappingTags, tagMapping } from "../../../../../src/edge/aws/services/lambda/mappings/mapping-tags.ts";
import type { OperationCall } from "../../../../../src/edge/aws/service.ts";
import type { JsonObject } from "../../../../../src/json/json.ts";
import type { Change, Entity } from "../../../../../src/ports/store/entities.ts";
import { COMMIT_CHANGES_MAX } from "../../../../../src/ports/store/entities.ts";
import { NO_MAPPINGS } from "../../../../support/no-mappings.ts";
import { IDENTITY, sampleConfig, sampleFunction } from "../../../../support/sample.ts";

const UUID = "6b0fdd2f-4c3a-4f21-9d2e-0a1b2c3d4e5f";
const NEW_UUID = "0b0fdd2f-4c3a-4f21-9d2e-0a1b2c3d4e5f";
const STREAM_ARN = `arn:aws:kinesis:${IDENTITY.region}:${IDENTITY.accountId}:stream/clicks`;

const MADE: MadeMapping = {
  functionName: "work",
  isEnabled: true,
  pair: "work: kinesis clicks",
  members: { EventSourceArn: STREAM_ARN },
  modifiedMs: 0,
  tags: { a: "1" },
};

const ENTITY = { kind: MAPPING_KIND, name: UUID, revision: 7, createdAtMs: 0, changedAtMs: 0 };

/** The API of a router that has yet to take over a mapping which another one made. @param value as the store has it */
function apiOf(
  partitions: number,
  value = JSON.stringify(MADE),
): { readonly api: MappingApi; readonly commits: (readonly Change[])[] } {
  const entity: Entity = { ...ENTITY, value };
  const commits: (readonly Change[])[] = [];
  const streams = [{ name: "clicks", partitions, retention: {} }];
  const config = sampleConfig({ streams, functions: [sampleFunction("work")] });
  const api: MappingApi = {
    config: () => config,
    identity: IDENTITY,
    changes: {
      isKept: true,
      observer: { changed: () => undefined },
      change: async (_keys, decide) => {
        commits.push(await decide([entity]));
        return { ok: true };
      },
      get: ({ name }) => Promise.resolve(name === UUID ? entity : undefined),
      hasAny: () => Promise.resolve(false),
    },
    checks: MADE_CHECKS,
    mappings: NO_MAPPINGS,
    nowMs: () => 1_000,
    newId: () => NEW_UUID,
  };
  return { api, commits };
}

const CALL = {} as OperationCall;

describe("A mapping that another router made a moment ago", () => {
  it("is shown as being made, with its tags", async () => {
    const { api } = apiOf(1);
    const shown = (await getEventSourceMapping(api).handle({ UUID }, CALL)) as JsonObject;
    assert.deepEqual([shown["State"], shown["EventSourceArn"]], ["Creating", STREAM_ARN]);
    const { EventSourceMappingArn: Resource } = shown;
    assert.deepEqual(await listMappingTags(api).handle({ Resource }, CALL), { Tags: { a: "1" } });
  });

  it("is deleted with what says how far each partition was read", async () => {
    const partitions = 64;
    const { api, commits } = apiOf(partitions);
    await deleteEventSourceMapping(api).handle({ UUID }, CALL);
    const due = commits.flat().flatMap((change) => (change.change === "schedule" ? [change.name] : []));
    assert.deepEqual(
      due,
      Array.from({ length: partitions }, (_, at) => checkpointQueue(UUID, at)),
    );
    assert.deepEqual(commits[0]?.[0], { change: "delete", kind: MAPPING_KIND, name: UUID, expect: 7 });
    assert.equal(commits.length, 1, "a router that dies leaves nothing behind");
    for (const changes of commits) assert.ok(changes.length <= COMMIT_CHANGES_MAX);
  });
});

describe("A mapping that a router of another version made", () => {
  const unread = { pair: MADE.pair, members: MADE.members, callee: { kind: "workflow", name: "work" } };
  const refused = {
    code: "InvalidParameterValueException",
    message: `Event source mapping ${UUID} cannot be read by this router: one of another version has made or changed it. Ask a router of that version, or delete the mapping.`,
  };

  it("is neither changed nor shown nor tagged, and the error says why", async () => {
    const { api, commits } = apiOf(1, JSON.stringify(unread));
    const Resource = mappingArn(IDENTITY, UUID);
    for (const [operation, input] of [
      [updateEventSourceMapping, { UUID, Enabled: false }],
      [getEventSourceMapping, { UUID }],
      [tagMapping, { Resource, Tags: { b: "2" } }],
      [listMappingTags, { Resource }],
    ] as const) {
      await assert.rejects(async () => operation(api).handle(input, CALL), refused);
    }
    assert.deepEqual(commits, []);
  });

  it("is deleted with what it says of itself", async () => {
    const { api, commits } = apiOf(1, JSON.stringify(unread));
    const shown = await deleteEventSourceMapping(api).handle({ UUID }, CALL);
    const EventSourceMappingArn = mappingArn(IDENTITY, UUID);
    assert.deepEqual(shown, { UUID, EventSourceMappingArn, State: "Deleting" });
    const deleted = commits.flat().map(({ change, kind, name }) => `${change} ${kind} ${name}`);
    assert.deepEqual(deleted, [
      `delete ${MAPPING_KIND} ${UUID}`,
      `delete ${MAPPING_PAIR_KIND} ${MADE.pair}`,
      `schedule queue-deletion ${checkpointQueue(UUID, 0)}`,
    ]);
  });

  it("no longer stands in the way of another one once it was deleted without its pair", async () => {
    const { api, commits } = apiOf(1);
    const pair: Entity = { ...ENTITY, kind: MAPPING_PAIR_KIND, name: MADE.pair, value: UUID };
    const changes: MappingApi["changes"] = {
      ...api.changes,
      change: async (_keys, decide) => {
        commits.push(await decide([pair]));
        return { ok: true };
      },
    };
    const input = { FunctionName: "work", EventSourceArn: STREAM_ARN, StartingPosition: "LATEST" };
    const create = (one: MappingApi) => createEventSourceMapping(one).handle(input, CALL);
    const there = { code: "ResourceConflictException" };
    await assert.rejects(async () => create({ ...api, changes }), there);
    await create({ ...api, changes: { ...changes, get: () => Promise.resolve(undefined) } });
    assert.deepEqual(commits[0]?.[1], {
      change: "put",
      kind: MAPPING_PAIR_KIND,
      name: MADE.pair,
      value: NEW_UUID,
      expect: 7,
    });
  });

  it("is deleted although it is no JSON", async () => {
    const { api, commits } = apiOf(1, "?");
    await deleteEventSourceMapping(api).handle({ UUID }, CALL);
    const [only] = commits;
    assert.deepEqual(only, [{ change: "delete", kind: MAPPING_KIND, name: UUID, expect: 7 }]);
  });
});
