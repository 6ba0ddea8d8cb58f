import { isDeepStrictEqual } from "node:util";
import type { MadeMapping } from "../../../../../domain/made/mapping.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { Entity } from "../../../../../ports/store/entities.ts";
import { StoreError } from "../../../../../ports/store/store.ts";
import { integer, required, string, structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { noSuchResource } from "../errors.ts";
import { FUNCTION_NAME, namedFunction, qualifiedArn } from "../function-name.ts";
import type { MappingApi } from "./mapping-api.ts";
import { fileMapping, foundMapping, mappingKeyOf, mappingResource, UUID } from "./mapping-api.ts";
import { markedPage } from "../marked-page.ts";
import { SOURCE_ARN } from "./mapping-shape.ts";
import type { MappingState } from "./shown-mapping.ts";
import { shownMade, shownOfFile } from "./shown-mapping.ts";

const ITEMS_MAX = 10_000;
/** As many as AWS answers where it is not asked for more. */
const ITEMS_DEFAULT = 100;

/** GetEventSourceMapping: what the store has, and whether this router has taken it over. */
export function getEventSourceMapping(api: MappingApi): Operation {
  return operation({
    input: structure("GetEventSourceMappingRequest", { UUID: required(UUID) }),
    resource: (input) => mappingResource(api, input),
    handle: async ({ UUID: uuid }) => {
      const ofFile = fileMapping(api.config(), uuid);
      if (ofFile !== undefined) return shownFile(api, ofFile.name);
      const inForce = api.config().made?.mappings.get(uuid);
      const kept = await keptMapping(api, uuid);
      const made = kept ?? inForce;
      if (made === undefined) throw noSuchResource();
      return shownInState(api, uuid, made, changeState(kept, inForce));
    },
  });
}

/** ListEventSourceMappings: those in force here, by UUID, those of files among them. */
export function listEventSourceMappings(api: MappingApi): Operation {
  const { identity } = api;
  return operation({
    input: structure("ListEventSourceMappingsRequest", {
      EventSourceArn: SOURCE_ARN,
      FunctionName: FUNCTION_NAME,
      Marker: string(),
      MaxItems: integer({ min: 1, max: ITEMS_MAX }),
    }),
    resource: () => "*",
    handle: ({ EventSourceArn, FunctionName, Marker, MaxItems }) => {
      const fn = FunctionName ?? undefined;
      const ofFunction = fn === undefined ? undefined : qualifiedArn(identity, namedFunction(identity, fn));
      const wanted = allShown(api).filter(({ EventSourceArn: arn, FunctionArn }) => {
        return (EventSourceArn ?? arn) === arn && (ofFunction ?? FunctionArn) === FunctionArn;
      });
      const asked = { Marker: Marker ?? null, itemsMax: MaxItems ?? ITEMS_DEFAULT };
      const listing = ["event-source-mappings", EventSourceArn ?? "", ofFunction ?? ""];
      const uuidOf = ({ UUID: uuid }: JsonObject) => (typeof uuid === "string" ? uuid : "");
      const { items, next } = markedPage(asked, listing, wanted, uuidOf);
      return { EventSourceMappings: items, ...next };
    },
  });
}

/**
 * A mapping of the API as the store has it, or as it is in force here while the store is away.
 *
 * @throws AwsError for one that this router cannot read
 */
export async function keptMapping(api: MappingApi, uuid: string): Promise<MadeMapping | undefined> {
  const stored = await storedMapping(api, uuid);
  return stored === "unknown" ? api.config().made?.mappings.get(uuid) : stored;
}

/** A mapping that was made over the API, as this router shows it in a state. */
export function shownInState(
  { identity, mappings }: MappingApi,
  uuid: string,
  made: MadeMapping,
  state: MappingState,
): JsonObject {
  return shownMade(uuid, made, { identity, state, status: mappings.mappingStatus(uuid) });
}

/** What a change of a mapping is called while it is under way. @param kept undefined once it was deleted. */
export function changeState(kept: MadeMapping | undefined, before: MadeMapping | undefined): MappingState {
  if (kept === undefined) return "Deleting";
  if (before === undefined) return "Creating";
  if (kept.isEnabled !== before.isEnabled) return kept.isEnabled ? "Enabling" : "Disabling";
  if (kept.modifiedMs !== before.modifiedMs || !isDeepStrictEqual(kept.members, before.members)) return "Updating";
  return settledState(kept);
}

/** The state of a mapping that is in force as it is kept. */
export function settledState({ isEnabled }: Pick<MadeMapping, "isEnabled">): MappingState {
  return isEnabled ? "Enabled" : "Disabled";
}

function allShown(api: MappingApi): readonly JsonObject[] {
  const { mappings, made } = api.config();
  return [...mappings.keys()].flatMap((name) => {
    const ofApi = made?.mappings.get(name);
    const one = ofApi === undefined ? shownFile(api, name) : shownInState(api, name, ofApi, settledState(ofApi));
    return [one];
  });
}

function shownFile({ config, identity, mappings }: MappingApi, name: string): JsonObject {
  const mapping = config().mappings.get(name);
  if (mapping === undefined) throw noSuchResource();
  return shownOfFile(mapping, { identity, state: settledState(mapping), status: mappings.mappingStatus(name) });
}

/** What the store has by this UUID; `unknown` while it is away, or where there is none. @throws AwsError */
async function storedMapping({ changes }: MappingApi, uuid: string): Promise<MadeMapping | undefined | "unknown"> {
  if (!changes.isKept) return "unknown";
  let found: Entity | undefined;
  try {
    found = await changes.get(mappingKeyOf(uuid));
  } catch (error) {
    if (error instanceof StoreError) return "unknown";
    throw error;
  }
  return found && foundMapping(found);
}
