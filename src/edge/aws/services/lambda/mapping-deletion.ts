import { targetOfArn } from "../../../../domain/arn.ts";
import type { MadeMapping } from "../../../../domain/made/mapping.ts";
import { MAPPING_PAIR_KIND } from "../../../../domain/made/mapping.ts";
import { FIRST_DELETION, QUEUE_DELETION_KIND } from "../../../../domain/made/queue.ts";
import { checkpointQueuesOf } from "../../../../domain/queue/configured-queues.ts";
import type { JsonObject } from "../../../../json/json.ts";
import type { Change } from "../../../../ports/store/entities.ts";
import { required, structure } from "../../input/shapes.ts";
import type { Operation } from "../../service.ts";
import { operation } from "../../service.ts";
import type { MappingApi } from "./mapping-api.ts";
import {
  changeMappings,
  foundMapping,
  mappingKeyOf,
  mappingResource,
  requireNoFileMapping,
  UUID,
} from "./mapping-api.ts";
import { shownInState } from "./mapping-reading.ts";
import { sourceArnOf } from "./mapping-source.ts";

/** By then every router reads the mapping no more, and has stored how far it had come. */
const CHECKPOINTS_KEPT_MS = 15_000;
/** Queues whose deletion goes into one commit. */
const DELETIONS_AT_ONCE = 40;

/** DeleteEventSourceMapping: what its function was called with is finished. How far a stream was read is forgotten. */
export function deleteEventSourceMapping(api: MappingApi): Operation {
  const { nowMs } = api;
  return operation({
    input: structure("DeleteEventSourceMappingRequest", { UUID: required(UUID) }),
    resource: (input) => mappingResource(api, input),
    handle: async ({ UUID: uuid }) => {
      requireNoFileMapping("DeleteEventSourceMapping", api, uuid);
      let answer: JsonObject = {};
      let checkpoints: readonly string[] = [];
      await changeMappings("DeleteEventSourceMapping", api, [mappingKeyOf(uuid)], ([found]) => {
        const made = foundMapping(found);
        answer = shownInState(api, uuid, made, "Deleting");
        checkpoints = checkpointsOf(api, uuid, made);
        return [
          { change: "delete", ...mappingKeyOf(uuid), expect: found?.revision ?? "present" },
          { change: "delete", kind: MAPPING_PAIR_KIND, name: made.pair },
          ...deletionsOf(checkpoints.slice(0, DELETIONS_AT_ONCE), nowMs()),
        ];
      });
      for (let at = DELETIONS_AT_ONCE; at < checkpoints.length; at += DELETIONS_AT_ONCE) {
        const some = checkpoints.slice(at, at + DELETIONS_AT_ONCE);
        await changeMappings("DeleteEventSourceMapping", api, [], () => deletionsOf(some, nowMs()));
      }
      return answer;
    },
  });
}

/** The queues that say how far a stream was read, also where this router has yet to take the mapping over. */
function checkpointsOf({ identity, config }: MappingApi, uuid: string, { members }: MadeMapping): readonly string[] {
  const { kind, name } = targetOfArn(identity, sourceArnOf(members));
  return checkpointQueuesOf(uuid, kind === "stream" ? config().streams.get(name) : undefined);
}

function deletionsOf(checkpoints: readonly string[], atMs: number): readonly Change[] {
  const dueAtMs = atMs + CHECKPOINTS_KEPT_MS;
  return checkpoints.flatMap((name): Change[] => [
    { change: "put", kind: QUEUE_DELETION_KIND, name, value: "removing" },
    { change: "schedule", kind: QUEUE_DELETION_KIND, name, dueAtMs, value: FIRST_DELETION },
  ]);
}
