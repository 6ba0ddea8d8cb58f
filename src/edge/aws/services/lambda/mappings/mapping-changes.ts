import { functionArn } from "../../../../../domain/arn.ts";
import type { MadeMapping } from "../../../../../domain/made/mapping.ts";
import { MAPPING_PAIR_KIND } from "../../../../../domain/made/mapping.ts";
import type { Mapping } from "../../../../../domain/mapping/mapping.ts";
import { trafficOf } from "../../../../../domain/target/function-version.ts";
import { mappingUuidOf } from "../../../../../domain/mapping/mapping-uuid.ts";
import { queueSetting } from "../../../../../domain/queue/queue-config.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { Change, Entity } from "../../../../../ports/store/entities.ts";
import type { Caller } from "../../../../http/auth/caller.ts";
import type { StructureOf } from "../../../input/shapes.ts";
import { required, structure } from "../../../input/shapes.ts";
import { stringMap } from "../../../input/values.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { checkedMembers } from "../checked-members.ts";
import { lambdaError, wrongParameter } from "../errors.ts";
import type { NamedFunction } from "../function-name.ts";
import { FUNCTION_NAME, namedFunction } from "../function-name.ts";
import type { MappingApi } from "./mapping-api.ts";
import {
  changeMappings,
  foundMapping,
  mappingKeyOf,
  mappingResource,
  pairKeyOf,
  requireNoFileMapping,
  UUID,
} from "./mapping-api.ts";
import { changeState, shownInState } from "./mapping-reading.ts";
import { COMMON_MEMBERS, CREATE_MEMBERS } from "./mapping-shape.ts";
import type { EventSource, SourceKind } from "./mapping-source.ts";
import { namedSource, requireSource, sourceArnOf, sourceOfMembers } from "./mapping-source.ts";
import { withMappingTags } from "./mapping-tags.ts";

/** Made over the API, in all. */
const MAPPINGS_MAX = 1_000;

/** How the records of a source are shown. */
const FORMATS: Readonly<Record<SourceKind, Mapping["format"]>> = { sqs: "sqs", kinesis: "kinesis", mq: "rmq" };

const UPDATED_MEMBERS = { FunctionName: FUNCTION_NAME, ...COMMON_MEMBERS };

/** CreateEventSourceMapping. It is in force at this router once it is answered, and at the others within a second. */
export function createEventSourceMapping(api: MappingApi): Operation {
  const { config, identity, nowMs, newId } = api;
  return operation({
    input: structure("CreateEventSourceMappingRequest", {
      ...CREATE_MEMBERS,
      FunctionName: required(FUNCTION_NAME),
      ...COMMON_MEMBERS,
      Tags: stringMap(100),
    }),
    // Without its qualifier: a Deny of the function is one of all its versions.
    resource: ({ FunctionName }) => functionArn(identity, namedFunction(identity, FunctionName).name),
    handle: async (given) => {
      const { EventSourceArn, FunctionName, Enabled, Queues, Tags } = given;
      const source = namedSource(identity, EventSourceArn ?? undefined, Queues ?? []);
      requireSource(config(), source, EventSourceArn ?? "");
      const fn = calledFunction(api, FunctionName, source);
      const members = { ...checkedMembers(identity, given, source, undefined), EventSourceArn: EventSourceArn ?? "" };
      const pairKey = pairKeyOf(fn, source);
      const tags = withMappingTags({}, Tags ?? {});
      const rest = { isEnabled: Enabled ?? true, members, modifiedMs: nowMs(), tags };
      const made: MadeMapping = { ...functionMembers(fn), pair: pairKey.name, ...rest };
      requireCompiled(api, made);
      const uuid = newId();
      await changeMappings("CreateEventSourceMapping", api, [pairKey], async ([pair]) => {
        const other = (await uuidOfPair(api, pair)) ?? uuidInFiles(api, fn, source);
        if (other !== undefined) throw alreadyThere(members, fn, source, other);
        if ((config().made?.mappings.size ?? 0) >= MAPPINGS_MAX)
          throw wrongParameter(
            `There are ${MAPPINGS_MAX} event source mappings that were made over this API: delete some.`,
          );
        return [
          { change: "put", ...mappingKeyOf(uuid), value: JSON.stringify(made), expect: "absent" },
          { change: "put", ...pairKey, value: uuid, expect: pair?.revision ?? "absent" },
        ];
      });
      return shownInState(api, uuid, made, changeState(made, undefined));
    },
  });
}

/**
 * UpdateEventSourceMapping: what is not given stays. The policies are asked of the mapping, and for another function whether the
 * caller may make a mapping of that.
 */
export function updateEventSourceMapping(api: MappingApi): Operation {
  return operation({
    input: structure("UpdateEventSourceMappingRequest", { UUID: required(UUID), ...UPDATED_MEMBERS }),
    resource: (input) => mappingResource(api, input),
    handle: async ({ UUID: uuid, ...given }, { caller }) => {
      requireNoFileMapping("UpdateEventSourceMapping", api, uuid);
      let answer: JsonObject = {};
      await changeMappings("UpdateEventSourceMapping", api, [mappingKeyOf(uuid)], async ([found]) => {
        const before = foundMapping(found);
        requireToCall(api, caller, before, given.FunctionName ?? undefined);
        const made = updated(api, before, given);
        const pairs = await changedPairs(api, uuid, before, made);
        answer = shownInState(api, uuid, made, changeState(made, before));
        const expect = found?.revision ?? "absent";
        return [...pairs, { change: "put", ...mappingKeyOf(uuid), value: JSON.stringify(made), expect }];
      });
      return answer;
    },
  });
}

/** Whoever could make no mapping of a function cannot have a mapping call it. @throws Refusal */
function requireToCall(
  { identity }: MappingApi,
  caller: Caller,
  before: MadeMapping,
  functionName: string | undefined,
): void {
  const { name } = functionName === undefined ? { name: before.functionName } : namedFunction(identity, functionName);
  if (name !== before.functionName) caller.authorize("lambda:CreateEventSourceMapping", functionArn(identity, name));
}

/** A mapping as it is once it was updated. Its source may be gone by now. @throws AwsError */
function updated(
  api: MappingApi,
  before: MadeMapping,
  { FunctionName, Enabled, ...given }: StructureOf<typeof UPDATED_MEMBERS>,
): MadeMapping {
  const { identity, nowMs } = api;
  const source = sourceOfMembers(identity, before.members);
  const named = FunctionName ?? undefined;
  const fn = named === undefined ? before : functionMembers(calledFunction(api, named, source));
  const pair = pairKeyOf({ name: fn.functionName, qualifier: fn.qualifier }, source).name;
  const members = checkedMembers(identity, given, source, before.members);
  const rest = { isEnabled: Enabled ?? before.isEnabled, members, modifiedMs: nowMs(), tags: before.tags };
  const made: MadeMapping = { functionName: fn.functionName, qualifier: fn.qualifier, pair, ...rest };
  requireCompiled(api, made);
  return made;
}

/** One that calls another function reads its source for that. @throws AwsError where there is a mapping that does so */
async function changedPairs(
  api: MappingApi,
  uuid: string,
  before: MadeMapping,
  { pair, functionName: name, qualifier, members }: MadeMapping,
): Promise<readonly Change[]> {
  if (pair === before.pair) return [];
  const key = { kind: MAPPING_PAIR_KIND, name: pair };
  const source = sourceOfMembers(api.identity, members);
  const found = await api.changes.get(key);
  const other = (await uuidOfPair(api, found)) ?? uuidInFiles(api, { name, qualifier }, source);
  if (other !== undefined) throw alreadyThere(members, { name, qualifier }, source, other);
  return [
    { change: "delete", kind: MAPPING_PAIR_KIND, name: before.pair },
    { change: "put", ...key, value: uuid, expect: found?.revision ?? "absent" },
  ];
}

/** The mapping that a pair names. One that could not be read may have been deleted without its pair. */
async function uuidOfPair({ changes }: MappingApi, pair: Entity | undefined): Promise<string | undefined> {
  return pair && (await changes.get(mappingKeyOf(pair.value))) && pair.value;
}

/** The function that is to be called. @throws AwsError for one that is not there, that polls, or that may take longer than its queue hides messages */
function calledFunction({ identity, config }: MappingApi, text: string, source: EventSource): NamedFunction {
  const named = namedFunction(identity, text);
  const { functions, queues } = config();
  const fn = functions.get(named.name);
  if (fn === undefined || trafficOf(fn, named.qualifier) === undefined) throw wrongParameter("Function does not exist");
  if (fn.run.kind === "runtimeApi") {
    throw wrongParameter(`Function ${fn.name} polls (runtimeApi): name one that is called.`);
  }
  const queue = source.kind === "sqs" ? queues.get(source.name) : undefined;
  const visibility = queue === undefined ? Infinity : queueSetting(queue, "visibilityTimeoutSeconds");
  if (visibility >= fn.timeoutSeconds) return named;
  const timeouts = `${visibility} seconds is less than Function timeout: ${fn.timeoutSeconds} seconds`;
  throw wrongParameter(`Queue visibility timeout: ${timeouts}`);
}

function functionMembers({ name, qualifier }: NamedFunction): Pick<MadeMapping, "functionName" | "qualifier"> {
  return { functionName: name, qualifier };
}

/** Checks by the schema of files what the members' shapes leave open, such as an age that is too low. @throws AwsError */
function requireCompiled({ checks, identity }: MappingApi, made: MadeMapping): void {
  const problem = checks.mappingProblem(made, identity);
  if (problem !== undefined) throw wrongParameter(`The event source mapping is not valid: ${problem}`);
}

/** The mapping of a file that reads a source for a function. */
function uuidInFiles({ config }: MappingApi, fn: NamedFunction, { kind, name }: EventSource): string | undefined {
  const { mappings, made } = config();
  for (const mapping of mappings.values()) {
    const { source, format, functionName, qualifier } = mapping;
    const read = source.kind === "queue" ? source.queue : source.stream;
    const isSame = read === name && FORMATS[kind] === format && functionName === fn.name && qualifier === fn.qualifier;
    if (isSame && made?.mappings.has(mapping.name) !== true) return mappingUuidOf(mapping.name);
  }
  return undefined;
}

function alreadyThere(members: JsonObject, { name }: NamedFunction, { kind }: EventSource, uuid: string) {
  const change = `Please update or delete the existing mapping with UUID ${uuid}`;
  const text =
    kind === "sqs"
      ? `An event source mapping with SQS arn (" ${sourceArnOf(members)} ") and function (" ${name} ") already exists. ${change}`
      : `The event source arn (" ${sourceArnOf(members)} ") and function (" ${name} ") provided mapping already exists. ${change}`;
  return lambdaError("ResourceConflictException", text);
}
