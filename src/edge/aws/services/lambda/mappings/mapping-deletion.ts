import { mappingArn, targetOfArn } from "../../../../../domain/arn.ts";
import { MAPPING_PAIR_KIND, readLeftMapping, readMadeMapping } from "../../../../../domain/made/mapping.ts";
import { FIRST_DELETION, QUEUE_DELETION_KIND } from "../../../../../domain/made/queue.ts";
import { checkpointQueuesOf } from "../../../../../domain/queue/configured-queues.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { Change, Entity } from "../../../../../ports/store/entities.ts";
import { required, structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { noSuchResource } from "../errors.ts";
import type { MappingApi } from "./mapping-api.ts";
import { changeMappings, mappingKeyOf, mappingResource, requireNoFileMapping, UUID } from "./mapping-api.ts";
import { shownInState } from "./mapping-reading.ts";
import { sourceArnOf } from "./mapping-source.ts";

/** By then every router reads the mapping no more, and has stored how far it had come. */
const CHECKPOINTS_KEPT_MS = 15_000;

/**
 * DeleteEventSourceMapping: what its function was called with is finished. How far a stream was read is forgotten. One that
 * this router cannot read is deleted too, with what it says of itself.
 */
export function deleteEventSourceMapping(api: MappingApi): Operation {
  const { nowMs } = api;
  return operation({
    input: structure("DeleteEventSourceMappingRequest", { UUID: required(UUID) }),
    resource: (input) => mappingResource(api, input),
    handle: async ({ UUID: uuid }) => {
      requireNoFileMapping("DeleteEventSourceMapping", api, uuid);
      let answer: JsonObject = {};
      await changeMappings("DeleteEventSourceMapping", api, [mappingKeyOf(uuid)], ([found]) => {
        if (found === undefined) throw noSuchResource();
        answer = shownDeleted(api, found);
        const { pair, members } = readLeftMapping(found.value);
        return [
          { change: "delete", ...mappingKeyOf(uuid), expect: found.revision },
          ...(pair === undefined ? [] : [{ change: "delete", kind: MAPPING_PAIR_KIND, name: pair } as const]),
          ...deletionsOf(checkpointsOf(api, uuid, members), nowMs()),
        ];
      });
      return answer;
    },
  });
}

function shownDeleted(api: MappingApi, { name: uuid, value }: Entity): JsonObject {
  const made = readMadeMapping(value);
  if (made !== undefined) return shownInState(api, uuid, made, "Deleting");
  return { UUID: uuid, EventSourceMappingArn: mappingArn(api.identity, uuid), State: "Deleting" };
}

/** The queues that say how far a stream was read, also where this router has yet to take the mapping over. */
function checkpointsOf({ identity, config }: MappingApi, uuid: string, members: JsonObject): readonly string[] {
  const { kind, name } = targetOfArn(identity, sourceArnOf(members));
  return checkpointQueuesOf(uuid, kind === "stream" ? config().streams.get(name) : undefined);
}

/** One change for each partition, so that those of a whole stream are in the commit that deletes the mapping. */
function deletionsOf(checkpoints: readonly string[], atMs: number): readonly Change[] {
  const dueAtMs = atMs + CHECKPOINTS_KEPT_MS;
  return checkpoints.map((name) => ({
    change: "schedule",
    kind: QUEUE_DELETION_KIND,
    name,
    dueAtMs,
    value: FIRST_DELETION,
  }));
}
