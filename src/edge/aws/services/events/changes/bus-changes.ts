import { eventBusArn } from "../../../../../domain/arn.ts";
import type { MadeBus } from "../../../../../domain/made/made.ts";
import { readMadeBus, RULE_KIND } from "../../../../../domain/made/made.ts";
import { ruleKey } from "../../../../../domain/rule/rule.ts";
import type { Json, JsonObject } from "../../../../../json/json.ts";
import type { Entity } from "../../../../../ports/store/entities.ts";
import { commonError } from "../../../errors.ts";
import { required, string, structure } from "../../../input/shapes.ts";
import { enumeration } from "../../../input/values.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { eventsError } from "../errors.ts";
import { busArnOf, busNamedBy } from "../event-buses.ts";
import { BUS_NAME, BUS_NAME_OR_ARN, DESCRIPTION, TARGET_ARN } from "../names.ts";
import type { Changing } from "./change.ts";
import { busKeyOf, busUseKeyOf, makeChange, replace, requireBus, requireNoFileBus, tooMany } from "./change.ts";
import { TAGS, withTags } from "./given-tags.ts";

const DEFAULT = "default";
/** Made over the API, in all. */
const BUSES_MAX = 1_000;

/** What AWS keeps for a bus besides its description. Busbar stores and returns it. */
const MEMBERS = {
  KmsKeyIdentifier: string({ lengthMax: 2_048 }),
  DeadLetterConfig: structure("DeadLetterConfig", { Arn: TARGET_ARN }),
  LogConfig: structure("LogConfig", {
    IncludeDetail: enumeration("NONE", "FULL"),
    Level: enumeration("OFF", "ERROR", "INFO", "TRACE"),
  }),
};

type BusMembers = Partial<Record<keyof typeof MEMBERS, unknown>>;

/** CreateEventBus. */
export function createEventBus(changing: Changing): Operation {
  const { config, identity } = changing;
  return operation({
    input: structure("CreateEventBusRequest", {
      Name: required(BUS_NAME),
      EventSourceName: BUS_NAME,
      Description: DESCRIPTION,
      ...MEMBERS,
      Tags: TAGS,
    }),
    resource: ({ Name }) => eventBusArn(identity, Name),
    handle: async (input) => {
      const { Name, Description, EventSourceName, Tags } = input;
      if (typeof EventSourceName === "string")
        throw eventsError("OperationDisabledException", "CreateEventBus is disabled for partner event sources.");
      if (Name.includes("/")) throw commonError("ValidationException", "Event bus name must not contain '/'.");
      const bus: MadeBus = {
        ...(typeof Description === "string" ? { description: Description } : {}),
        members: membersOf(input),
        tags: withTags([], Tags ?? []),
      };
      await makeChange("CreateEventBus", changing, [busKeyOf(Name)], ([found]) => {
        const { eventBuses, places, made } = config();
        const isInFiles = Name === DEFAULT || places?.buses.has(Name) === true;
        if (found !== undefined || isInFiles || (eventBuses.has(Name) && made?.buses.has(Name) !== true))
          throw eventsError("ResourceAlreadyExistsException", `Event bus ${Name} already exists.`);
        if ((made?.buses.size ?? 0) >= BUSES_MAX) throw tooMany();
        return replace(busKeyOf(Name), found, bus);
      });
      return { EventBusArn: eventBusArn(identity, Name), ...described(bus) };
    },
  });
}

/** UpdateEventBus: what is left out stays, and an empty description goes. */
export function updateEventBus(changing: Changing): Operation {
  const { config, identity } = changing;
  return operation({
    input: structure("UpdateEventBusRequest", { Name: BUS_NAME_OR_ARN, Description: DESCRIPTION, ...MEMBERS }),
    resource: ({ Name }) => busArnOf(identity, Name),
    handle: async (input) => {
      const name = busNamedBy(identity, input.Name);
      let after: MadeBus | undefined;
      await makeChange("UpdateEventBus", changing, [busKeyOf(name)], ([found]) => {
        requireBus(config(), name, found);
        requireNoFileBus(config(), name, "UpdateEventBus");
        const before = foundBus(name, found);
        const description = input.Description ?? before.description;
        const bus: MadeBus = {
          members: { ...before.members, ...membersOf(input) },
          tags: before.tags,
          ...(description === undefined || description === "" ? {} : { description }),
          ...(before.policy === undefined ? {} : { policy: before.policy }),
        };
        after = bus;
        return replace(busKeyOf(name), found, bus);
      });
      return { Arn: eventBusArn(identity, name), Name: name, ...(after === undefined ? {} : described(after)) };
    },
  });
}

/** DeleteEventBus: one that is not there is deleted, too. */
export function deleteEventBus(changing: Changing): Operation {
  const { config, identity, changes } = changing;
  return operation({
    input: structure("DeleteEventBusRequest", { Name: required(BUS_NAME) }),
    resource: ({ Name }) => eventBusArn(identity, Name),
    handle: async ({ Name }) => {
      if (Name === DEFAULT) throw commonError("ValidationException", "Cannot delete event bus default.");
      requireNoFileBus(config(), Name, "DeleteEventBus");
      const [key, useKey] = [busKeyOf(Name), busUseKeyOf(Name)];
      await makeChange("DeleteEventBus", changing, [key, useKey], async ([found, use]) => {
        if (found === undefined) return [];
        const isArchived = [...config().archives.values()].some(({ bus }) => bus === Name);
        if (isArchived || (await changes.hasAny(RULE_KIND, ruleKey(Name, ""))))
          throw commonError("ValidationException", "EventBus can't be deleted since it has rules.");
        return [
          { change: "delete", ...key, expect: found.revision },
          // A rule that came after the reading has changed it, and this is decided anew.
          { change: "delete", ...useKey, expect: use?.revision ?? "absent" },
        ];
      });
      return {};
    },
  });
}

/** What the store has of a bus that is there: nothing yet of the default bus, as long as nobody changed it. */
export function foundBus(name: string, found: Entity | undefined): MadeBus {
  if (found === undefined) return { members: {}, tags: [] };
  const bus = readMadeBus(found.value);
  if (bus === undefined) throw new Error(`the store's event bus "${name}" cannot be read`);
  return bus;
}

/** What AWS shows of a bus that was made over the API, wherever it shows one. */
export function described({ description, members }: MadeBus): JsonObject {
  return { ...(description === undefined ? {} : { Description: description }), ...members };
}

function membersOf(input: BusMembers): Record<string, Json> {
  const names = Object.keys(MEMBERS) as readonly (keyof typeof MEMBERS)[];
  return Object.fromEntries(
    names.flatMap((name) => {
      const given = input[name] ?? null;
      return given === null ? [] : [[name, given as Json]];
    }),
  );
}
