import type { KeptSchedule } from "../../../../domain/schedule/kept/kept-schedule.ts";
import {
  DEFAULT_GROUP,
  readKeptSchedule,
  SCHEDULE_KIND,
  scheduleKey,
  splitScheduleName,
} from "../../../../domain/schedule/kept/kept-schedule.ts";
import type { JsonObject } from "../../../../json/json.ts";
import { keyOfToken, tokenAfter } from "../../input/paging.ts";
import type { StructureOf } from "../../input/shapes.ts";
import { required, structure } from "../../input/shapes.ts";
import { enumeration } from "../../input/values.ts";
import type { Operation } from "../../service.ts";
import { operation } from "../../service.ts";
import { arnOf, foundSchedule } from "./changes.ts";
import { RESOURCE_NAME, PAGE } from "./names.ts";
import type { Scheduling } from "./scheduling.ts";
import { fileSchedule, foundGroup, groupEntity, readFrom, scheduleEntity } from "./scheduling.ts";
import { describeKept, describeOfFile, summaryOfFile, summaryOfKept } from "./shown-schedule.ts";

const RESULTS_MAX = 100;
/** A listing that finds little ends its page after so many schedules of the store. */
const SCANNED_MAX = 1_000;

/** GetSchedule: without a group, of the default one only. */
export function getSchedule(scheduling: Scheduling): Operation {
  const { identity } = scheduling;
  return operation({
    input: structure("GetScheduleRequest", { GroupName: RESOURCE_NAME, Name: required(RESOURCE_NAME) }),
    resource: (given) => arnOf(scheduling, given),
    handle: async ({ GroupName, Name }) => {
      const group = GroupName ?? DEFAULT_GROUP;
      const ofFile = fileSchedule(scheduling, group, Name);
      if (ofFile !== undefined) return describeOfFile(identity, ofFile);
      const found = await readFrom(scheduling, (book) => book.get(scheduleEntity(group, Name)));
      return describeKept(identity, scheduleKey(group, Name), foundSchedule(Name, found));
    },
  });
}

const LISTING = {
  GroupName: RESOURCE_NAME,
  MaxResults: PAGE.MaxResults,
  NamePrefix: RESOURCE_NAME,
  NextToken: PAGE.NextToken,
  State: enumeration("ENABLED", "DISABLED"),
};

/** ListSchedules: by group and name, those of files among them. */
export function listSchedules(scheduling: Scheduling): Operation {
  return operation({
    input: structure("ListSchedulesRequest", LISTING),
    resource: () => "*",
    handle: async (asked) => {
      const { GroupName, NamePrefix, State, NextToken, MaxResults } = asked;
      if (typeof GroupName === "string" && GroupName !== DEFAULT_GROUP)
        foundGroup(GroupName, await readFrom(scheduling, (book) => book.get(groupEntity(GroupName))));
      const listing = ["schedules", GroupName ?? "", NamePrefix ?? "", State ?? ""];
      const after = typeof NextToken === "string" ? keyOfToken(NextToken, listing) : "";
      const limit = MaxResults ?? RESULTS_MAX;
      const { rows, isWhole, upTo } = await rowsAfter(after, limit, asked, scheduling);
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1)?.key : upTo;
      const next = rows.length <= limit && isWhole ? {} : { NextToken: tokenAfter(last ?? after, listing) };
      return { Schedules: shown.map(({ row }) => row), ...next };
    },
  });
}

type Asked = StructureOf<typeof LISTING>;

interface Row {
  readonly key: string;
  readonly row: JsonObject;
}

interface Rows {
  /** More than the limit where there are more. */
  readonly rows: readonly Row[];
  /** Whether nothing comes after them; else they are complete up to a key. */
  readonly isWhole: boolean;
  readonly upTo: string | undefined;
}

async function rowsAfter(after: string, limit: number, asked: Asked, scheduling: Scheduling): Promise<Rows> {
  const { identity } = scheduling;
  const prefix = typeof asked.GroupName === "string" ? scheduleKey(asked.GroupName, asked.NamePrefix ?? "") : "";
  const rows: Row[] = [];
  let upTo = after;
  let isWhole = false;
  for (let scanned = 0; !isWhole && rows.length <= limit && scanned < SCANNED_MAX;) {
    const scan = { kind: SCHEDULE_KIND, prefix, after: upTo, limit: limit + 1 };
    const { entities, more } = await readFrom(scheduling, (book) => book.scan(scan));
    for (const { name: key, value } of entities) {
      const kept = readKeptSchedule(value);
      if (kept !== undefined && isAsked(key, kept, asked) && !isOfFile(key, scheduling))
        rows.push({ key, row: summaryOfKept(identity, key, kept) });
    }
    scanned += entities.length;
    upTo = entities.at(-1)?.name ?? upTo;
    isWhole = !more;
  }
  for (const schedule of scheduling.config().schedules.values()) {
    const key = scheduleKey(DEFAULT_GROUP, schedule.name);
    const isHere = schedule.target.rule === undefined && key > after && (isWhole || key <= upTo);
    if (isHere && isAsked(key, schedule, asked)) rows.push({ key, row: summaryOfFile(identity, schedule) });
  }
  rows.sort((one, other) => (one.key < other.key ? -1 : 1));
  return { rows, isWhole, upTo };
}

function isAsked(
  key: string,
  { state }: Pick<KeptSchedule, "state">,
  { GroupName, NamePrefix, State }: Asked,
): boolean {
  const { group, name } = splitScheduleName(key);
  return group === (GroupName ?? group) && name.startsWith(NamePrefix ?? "") && state === (State ?? state);
}

function isOfFile(key: string, scheduling: Scheduling): boolean {
  const { group, name } = splitScheduleName(key);
  return fileSchedule(scheduling, group, name) !== undefined;
}
