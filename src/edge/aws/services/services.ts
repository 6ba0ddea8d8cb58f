import { INVOKE_URL_ACTION } from "../../../domain/access/actions.ts";
import type { Service } from "../service.ts";
import type { EventsOptions } from "./events/events.ts";
import { EVENTS_ACTIONS, eventsService } from "./events/events.ts";
import type { LambdaApi } from "./lambda/lambda.ts";
import { LAMBDA_ACTIONS, lambdaService } from "./lambda/lambda.ts";
import type { LogsApi } from "./logs/log-group.ts";
import { LOGS_ACTIONS, logsService } from "./logs/logs.ts";
import { SCHEDULER_ACTIONS, schedulerService } from "./scheduler/scheduler.ts";
import type { Scheduling } from "./scheduler/scheduling.ts";
import type { Messaging } from "./sqs/messaging.ts";
import { SQS_ACTIONS, sqsService } from "./sqs/sqs.ts";

/** What the services work on. */
export type ServicesOptions = EventsOptions & Scheduling & Messaging & LambdaApi & LogsApi;

/** Every AWS service that is answered. The first takes the requests that name none. */
export function awsServices(options: ServicesOptions): readonly [Service, ...Service[]] {
  return [
    eventsService(options),
    schedulerService(options),
    sqsService(options),
    lambdaService(options),
    logsService(options),
  ];
}

/** The policy actions of these services, and of functions over HTTP. */
export const SERVICE_ACTIONS: readonly string[] = [
  ...EVENTS_ACTIONS,
  ...SCHEDULER_ACTIONS,
  ...SQS_ACTIONS,
  ...LAMBDA_ACTIONS,
  INVOKE_URL_ACTION,
  ...LOGS_ACTIONS,
];
