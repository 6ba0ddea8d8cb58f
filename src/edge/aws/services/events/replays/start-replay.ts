import { archiveArn, replayArn, ruleArn } from "../../../../../domain/arn.ts";
import type { ReplayOrder } from "../../../../../domain/replay/replay.ts";
import { REPLAY_RULES_MAX } from "../../../../../domain/replay/replay.ts";
import { ruleKey } from "../../../../../domain/rule/rule.ts";
import type { AwsError } from "../../../errors.ts";
import { commonError } from "../../../errors.ts";
import { epochMsOf, list, required, shown, string, structure, timestamp } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { noSuchBus, tooMany } from "../changes/change.ts";
import { eventsError } from "../errors.ts";
import type { Reading } from "../event-buses.ts";
import { busNamedBy } from "../event-buses.ts";
import { ARCHIVE_ARN, DESCRIPTION, REPLAY_NAME } from "../names.ts";
import type { Replaying } from "./replays.ts";
import { epochSeconds } from "../../../epoch-seconds.ts";
import { storedInLog } from "../../../stored-in-log.ts";

const ARN = string({ lengthMin: 1, lengthMax: 1_600 });

/** What an ARN says of an archive's name behind this. */
const ARCHIVE = /:archive\//;
const EVENT_BUS_ARN = /^arn:[\w-]+:events:[^:]*:\d*:event-bus\/./;

/** StartReplay. The policies are asked of the archive: whoever replays it puts what it keeps on its bus. */
export function startReplay(replaying: Replaying): Operation {
  const { identity, jobs } = replaying;
  return operation({
    input: structure("StartReplayRequest", {
      ReplayName: required(REPLAY_NAME),
      Description: DESCRIPTION,
      EventSourceArn: required(ARCHIVE_ARN),
      EventStartTime: required(timestamp),
      EventEndTime: required(timestamp),
      Destination: required(
        structure("ReplayDestination", { Arn: required(ARN), FilterArns: list(ARN, { lengthMax: REPLAY_RULES_MAX }) }),
      ),
    }),
    resource: ({ EventSourceArn }) => archiveArn(identity, archiveNamed(EventSourceArn)),
    handle: async ({ ReplayName, Description, EventSourceArn, ...given }, { caller }) => {
      const window = windowOf(epochMsOf(given.EventStartTime) ?? 0, epochMsOf(given.EventEndTime) ?? 0);
      const { Arn, FilterArns } = given.Destination;
      if (!EVENT_BUS_ARN.test(Arn)) throw invalid("Destination.Arn", "Must contain an event bus ARN.");
      const bus = busNamed(replaying, Arn);
      const archive = archiveOn(replaying, EventSourceArn, bus);
      const rules = FilterArns?.map((arn) => ruleNamed(replaying, arn, bus));
      const order: ReplayOrder = {
        kind: "replay",
        name: ReplayName,
        archive,
        bus,
        ...window,
        ...(rules === undefined ? {} : { rules }),
        ...(typeof Description === "string" ? { description: Description } : {}),
      };
      const start = await storedInLog(jobs.start(order, { by: caller.id }));
      if (!start.ok && start.reason === "too many") throw tooMany();
      if (!start.ok) throw eventsError("ResourceAlreadyExistsException", `Replay ${ReplayName} already exists.`);
      return {
        ReplayArn: replayArn(identity, ReplayName),
        ReplayStartTime: epochSeconds(start.job.startedAtMs),
        State: "STARTING",
      };
    },
  });
}

/** Whole seconds, as events have them. */
function windowOf(startMs: number, endMs: number): Pick<ReplayOrder, "fromMs" | "toMs"> {
  const fromMs = epochSeconds(startMs) * 1_000;
  const toMs = epochSeconds(endMs) * 1_000;
  if (fromMs < toMs) return { fromMs, toMs };
  throw invalid("EventEndTime", "EventStartTime must be before EventEndTime.");
}

/** @throws AwsError `ResourceNotFoundException` */
function busNamed({ config, identity }: Reading, arn: string): string {
  const bus = busNamedBy(identity, arn);
  if (config().eventBuses.has(bus)) return bus;
  throw noSuchBus(bus);
}

function archiveNamed(arn: string): string {
  return arn.split(ARCHIVE).at(-1) ?? "";
}

/** The archive that an ARN names. @throws AwsError unless it is one of that bus. */
function archiveOn({ config, identity }: Reading, arn: string, bus: string): string {
  const name = archiveNamed(arn);
  const archive = arn === archiveArn(identity, name) ? config().archives.get(name) : undefined;
  if (archive === undefined) throw invalid("EventSourceArn", `Archive ${shown(name)} does not exist.`);
  if (archive.bus !== bus) throw invalid("Destination.Arn", "Cross event bus replay is not permitted.");
  return name;
}

/** The rule that an ARN names. One that is misspelled would get nothing, and nobody would notice. */
function ruleNamed({ config, identity }: Reading, arn: string, bus: string): string {
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  if (arn === ruleArn(identity, bus, name) && config().rules.has(ruleKey(bus, name))) return name;
  throw invalid("Destination.FilterArns", `Rule ${shown(arn)} does not exist on EventBus ${bus}.`);
}

function invalid(parameter: string, reason: string): AwsError {
  return commonError("ValidationException", `Parameter ${parameter} is not valid. Reason: ${reason}`);
}
