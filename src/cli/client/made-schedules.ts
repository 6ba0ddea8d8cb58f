import type { ScheduleExportAnswer } from "../../admin-api/configuration/schedules.ts";
import { CONFIGURATION_OPERATIONS } from "../../admin-api/operations/configuration.ts";
import { allPages } from "./all-pages.ts";
import type { ApiClient } from "./api-client.ts";

export type MadeSchedule = ScheduleExportAnswer["schedules"][number];

/** The schedules that were made over the API, by group and name. */
export function madeSchedules(client: ApiClient): Promise<readonly MadeSchedule[]> {
  return allPages(async (after) => {
    const { schedules, next } = await client.ask(CONFIGURATION_OPERATIONS.exportSchedules, { query: { after } });
    return { rows: schedules, next };
  });
}
