import type { Registry } from "prom-client";
import { Counter, Histogram } from "prom-client";

/** From a tenth of a second, as it should be, to the five minutes that are made up for, and a day of a one-time schedule. */
const LATENESS_BUCKETS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600, 86_400];

/** Of schedules. */
export function scheduleMetrics(registry: Registry) {
  const registers = [registry];
  return {
    schedulesFired: new Counter({
      name: "busbar_schedules_fired_total",
      help: "Due times of schedules whose deliveries were stored.",
      labelNames: ["schedule"] as const,
      registers,
    }),
    schedulesMissed: new Counter({
      name: "busbar_schedules_missed_total",
      help: "Due times of schedules that passed while no router could fire them, and that are not made up for.",
      labelNames: ["schedule"] as const,
      registers,
    }),
    scheduleLatenessSeconds: new Histogram({
      name: "busbar_schedule_lateness_seconds",
      help: "From the due time of a schedule until its delivery was stored.",
      buckets: LATENESS_BUCKETS,
      registers,
    }),
  };
}
