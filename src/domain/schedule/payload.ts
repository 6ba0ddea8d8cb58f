import type { Identity } from "../arn.ts";
import { scheduleArn } from "../arn.ts";
import { eventTime } from "../event/event.ts";
import type { ScheduleDue } from "./schedule.ts";

const ATTEMPT_NUMBER = "<aws.scheduler.attempt-number>";

/** What one firing is known by in its payload: 16 hexadecimal digits of the delivery's id, as Scheduler has them. */
export function executionId(deliveryId: string): string {
  return deliveryId.replaceAll("-", "").slice(0, 16);
}

/**
 * What a target is given when a schedule is due, as JSON text: its input, with Scheduler's placeholders replaced but for
 * the attempt's number, or the event that Scheduler sends where there is no input (user guide, "Adding context attributes").
 *
 * @param id of the delivery, or of the event on a bus.
 */
export function duePayload({ schedule, dueMs }: ScheduleDue, id: string, identity: Identity): string {
  const arn = scheduleArn(identity, schedule.name);
  const { inputJson } = schedule.target;
  if (inputJson === undefined) return scheduledEvent(arn, dueMs, id, identity);
  return inputJson
    .replaceAll("<aws.scheduler.schedule-arn>", arn)
    .replaceAll("<aws.scheduler.scheduled-time>", eventTime(dueMs))
    .replaceAll("<aws.scheduler.execution-id>", executionId(id));
}

/** The payload of an attempt, counted from 1. */
export function withAttemptNumber(payload: Buffer, attempt: number): Buffer {
  if (!payload.includes(ATTEMPT_NUMBER)) return payload;
  return Buffer.from(payload.toString().replaceAll(ATTEMPT_NUMBER, String(attempt)));
}

/** The detail is a text, as Scheduler sends it. */
function scheduledEvent(arn: string, dueMs: number, id: string, { accountId, region }: Identity): string {
  return JSON.stringify({
    version: "0",
    id,
    "detail-type": "Scheduled Event",
    source: "aws.scheduler",
    account: accountId,
    time: eventTime(dueMs),
    region,
    resources: [arn],
    detail: "{}",
  });
}
