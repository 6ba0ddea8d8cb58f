import type { Service } from "../service.ts";
import type { EventsOptions } from "./events/events.ts";
import { EVENTS_ACTIONS, eventsService } from "./events/events.ts";

/** What the services work on. */
export type ServicesOptions = EventsOptions;

/** Every AWS service that is answered. The first takes the requests that name none. */
export function awsServices(options: ServicesOptions): readonly [Service, ...Service[]] {
  return [eventsService(options)];
}

/** The policy actions of these services. */
export const SERVICE_ACTIONS: readonly string[] = [...EVENTS_ACTIONS];
