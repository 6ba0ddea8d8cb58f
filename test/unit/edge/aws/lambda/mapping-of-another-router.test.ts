import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MADE_CHECKS } from "../../../../../src/config/made/entry/made-checks.ts";
import type { MadeMapping } from "../../../../../src/domain/made/mapping.ts";
import { MAPPING_KIND } from "../../../../../src/domain/made/mapping.ts";
import { checkpointQueue } from "../../../../../src/domain/queue/queues.ts";
import type { MappingApi } from "../../../../../src/edge/aws/services/lambda/mapping-api.ts";
import { deleteEventSourceMapping } from "../../../../../src/edge/aws/services/lambda/mapping-deletion.ts";
import { getEventSourceMapping } from "../../../../../src/edge/aws/services/lambda/mapping-reading.ts";
import { listMappingTags } from "../../../../../src/edge/aws/services/lambda/mapping-tags.ts";
import type { OperationCall } from "../../../../../src/edge/aws/service.ts";
import type { Change, Entity } from "../../../../../src/ports/store/entities.ts";
import { COMMIT_CHANGES_MAX } from "../../../../../src/ports/store/entities.ts";
import { NO_MAPPINGS } from "../../../../support/no-mappings.ts";
import { IDENTITY, sampleConfig } from "../../../../support/sample.ts";

const UUID = "6b0fdd2f-4c3a-4f21-9d2e-0a1b2c3d4e5f";
const STREAM_ARN = `arn:aws:kinesis:${IDENTITY.region}:${IDENTITY.accountId}:stream/clicks`;

/** The API of a router that has yet to take over a mapping which another one made. */
function apiOf(partitions: number): { readonly api: MappingApi; readonly commits: readonly (readonly Change[])[] } {
  const made: MadeMapping = {
    functionName: "work",
    isEnabled: true,
    pair: "work: kinesis clicks",
    members: { EventSourceArn: STREAM_ARN },
    modifiedMs: 0,
    tags: { a: "1" },
  };
  const value = JSON.stringify(made);
  const entity: Entity = { kind: MAPPING_KIND, name: UUID, value, revision: 7, createdAtMs: 0, changedAtMs: 0 };
  const commits: (readonly Change[])[] = [];
  const config = sampleConfig({ streams: [{ name: "clicks", partitions, retention: {} }] });
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
    newId: () => "",
  };
  return { api, commits };
}

const CALL = {} as OperationCall;

describe("A mapping that another router made a moment ago", () => {
  it("is shown as being made, with its tags", async () => {
    const { api } = apiOf(1);
    const shown = await getEventSourceMapping(api).handle({ UUID }, CALL);
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
    for (const changes of commits) assert.ok(changes.length <= COMMIT_CHANGES_MAX);
  });
});
