import { archiveArn, eventBusArn, replayArn, ruleArn } from "../../../../../domain/arn.ts";
import type { ReplayJob } from "../../../../../domain/replay/replay-state.ts";
import { isReplay, REPLAY_STATES, replayStateOf } from "../../../../../domain/replay/replay-state.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { JobControl } from "../../../../../ports/admin/jobs.ts";
import { commonError } from "../../../errors.ts";
import { page, PAGING } from "../../../input/paging.ts";
import { required, structure } from "../../../input/shapes.ts";
import { enumeration } from "../../../input/values.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { eventsError } from "../errors.ts";
import type { Reading } from "../event-buses.ts";
import { ARCHIVE_ARN, REPLAY_NAME } from "../names.ts";
import { epochSeconds } from "../../../epoch-seconds.ts";
import { storedInLog } from "../../../stored-in-log.ts";

/** What the operations on replays work on: a replay is a job, and any router answers for any of them. */
export interface Replaying extends Reading {
  readonly jobs: JobControl;
}

const STATE = enumeration(...REPLAY_STATES);

/** DescribeReplay. */
export function describeReplay(replaying: Replaying): Operation {
  const { identity } = replaying;
  return operation({
    input: structure("DescribeReplayRequest", { ReplayName: required(REPLAY_NAME) }),
    resource: ({ ReplayName }) => replayArn(identity, ReplayName),
    handle: ({ ReplayName }) => {
      const replay = replayOf(replaying, ReplayName);
      const { name, bus, rules, description } = replay.order;
      const reason = replay.state === "paused" ? "The replay is paused." : replay.problem;
      return {
        ...listedReplay(replaying, replay),
        ReplayArn: replayArn(identity, name),
        Destination: {
          Arn: eventBusArn(identity, bus),
          ...(rules === undefined ? {} : { FilterArns: rules.map((rule) => ruleArn(identity, bus, rule)) }),
        },
        ...(description === undefined ? {} : { Description: description }),
        ...(reason === undefined ? {} : { StateReason: reason }),
      };
    },
  });
}

/** ListReplays: by name, those that fit the one filter. */
export function listReplays(replaying: Replaying): Operation {
  return operation({
    input: structure("ListReplaysRequest", {
      NamePrefix: REPLAY_NAME,
      State: STATE,
      EventSourceArn: ARCHIVE_ARN,
      ...PAGING,
    }),
    resource: () => "*",
    handle: (input) => {
      const { NamePrefix, State, EventSourceArn } = input;
      const filters = [NamePrefix, State, EventSourceArn].filter((filter) => typeof filter === "string");
      if (filters.length > 1) {
        const message =
          "At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix.";
        throw commonError("ValidationException", message);
      }
      const replays = replaying.jobs
        .list()
        .filter(isReplay)
        .filter((replay) => {
          if (typeof NamePrefix === "string") return replay.order.name.startsWith(NamePrefix);
          if (typeof State === "string") return replayStateOf(replay) === State;
          return (
            EventSourceArn === undefined || EventSourceArn === null || sourceOf(replaying, replay) === EventSourceArn
          );
        });
      const listing = ["replays", NamePrefix ?? "", State ?? "", EventSourceArn ?? ""];
      const { items, next } = page(input, listing, replays, ({ order }) => order.name);
      return { Replays: items.map((replay) => listedReplay(replaying, replay)), ...next };
    },
  });
}

/** CancelReplay: what was sent is sent. */
export function cancelReplay(replaying: Replaying): Operation {
  const { identity, jobs } = replaying;
  return operation({
    input: structure("CancelReplayRequest", { ReplayName: required(REPLAY_NAME) }),
    resource: ({ ReplayName }) => replayArn(identity, ReplayName),
    handle: async ({ ReplayName }, { caller }) => {
      const replay = replayOf(replaying, ReplayName);
      if (replay.state !== "running" && replay.state !== "paused") {
        const message = `Replay ${ReplayName} is not in a valid state for this operation.`;
        throw eventsError("IllegalStatusException", message);
      }
      await storedInLog(jobs.change(replay.id, { state: "stopping" }, caller.id));
      return { ReplayArn: replayArn(identity, ReplayName), State: "CANCELLING" };
    },
  });
}

function replayOf({ jobs }: Replaying, name: string): ReplayJob {
  const replay = jobs
    .list()
    .filter(isReplay)
    .find(({ order }) => order.name === name);
  if (replay !== undefined) return replay;
  throw eventsError("ResourceNotFoundException", `Replay ${name} does not exist.`);
}

function sourceOf({ identity }: Reading, { order }: ReplayJob): string {
  return archiveArn(identity, order.archive);
}

/** The members that a listing has, too. Times are whole epoch seconds, which every SDK reads. */
function listedReplay(reading: Reading, replay: ReplayJob): JsonObject {
  const { order, progress, startedAtMs, endedAtMs } = replay;
  const lastTimeMs = progress.place?.lastTimeMs;
  return {
    ReplayName: order.name,
    EventSourceArn: sourceOf(reading, replay),
    State: replayStateOf(replay),
    EventStartTime: epochSeconds(order.fromMs),
    EventEndTime: epochSeconds(order.toMs),
    ReplayStartTime: epochSeconds(startedAtMs),
    ...(lastTimeMs === undefined ? {} : { EventLastReplayedTime: epochSeconds(lastTimeMs) }),
    ...(endedAtMs === undefined ? {} : { ReplayEndTime: epochSeconds(endedAtMs) }),
  };
}
