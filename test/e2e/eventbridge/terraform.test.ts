import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SchedulerClient } from "@aws-sdk/client-scheduler";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { eventsClient } from "../../support/aws/events-client.ts";
import { sqsClient } from "../../support/aws/sqs-client.ts";
import { schedulerClient } from "../../support/aws/scheduler-client.ts";
import { archive, bus, busPolicy, permission } from "../../support/aws/terraform/buses.ts";
import { apiDestination, connection } from "../../support/aws/terraform/connections.ts";
import { queue, queuePolicy, redriveAllowPolicy, redrivePolicy } from "../../support/aws/terraform/queues.ts";
import { rule, target } from "../../support/aws/terraform/rules.ts";
import { schedule, scheduleGroup } from "../../support/aws/terraform/schedules.ts";
import { Router } from "../../support/router/router.ts";

describe("The calls of Terraform's AWS provider", { timeout: 120_000 }, () => {
  let router: Router;
  let onEvents: EventBridgeClient;
  let onScheduler: SchedulerClient;
  let onQueues: SQSClient;
  before(async () => {
    const env = { BUSBAR_SECRET_KEY: randomBytes(32).toString("base64") };
    router = await Router.start({ config: "queues: { work: {} }\n", env });
    onEvents = eventsClient(router.publicUrl);
    onScheduler = schedulerClient(router.publicUrl);
    onQueues = sqsClient(router.publicUrl);
  });
  after(async () => {
    onEvents.destroy();
    onScheduler.destroy();
    onQueues.destroy();
    await router.remove();
  });

  for (const [name, make] of Object.entries({
    aws_cloudwatch_event_rule: () => rule(onEvents),
    aws_cloudwatch_event_target: () => target(onEvents),
    aws_cloudwatch_event_bus: () => bus(onEvents),
    aws_cloudwatch_event_permission: () => permission(onEvents),
    aws_cloudwatch_event_bus_policy: () => busPolicy(onEvents),
    aws_cloudwatch_event_archive: () => archive(onEvents),
    aws_cloudwatch_event_connection: () => connection(onEvents),
    aws_cloudwatch_event_api_destination: () => apiDestination(onEvents),
    aws_scheduler_schedule_group: () => scheduleGroup(onScheduler),
    aws_scheduler_schedule: () => schedule(onScheduler),
    aws_sqs_queue: () => queue(onQueues),
    aws_sqs_queue_policy: () => queuePolicy(onQueues),
    aws_sqs_queue_redrive_policy: () => redrivePolicy(onQueues),
    aws_sqs_queue_redrive_allow_policy: () => redriveAllowPolicy(onQueues),
  })) {
    it(`${name} is made, planned without a difference, changed and deleted`, async () => {
      const resource = make();
      await resource.create();
      // A plan reads the resource anew each time: the second reading must be as the first.
      assert.deepEqual(await resource.read(), resource.created);
      assert.deepEqual(await resource.read(), resource.created);
      await resource.update();
      assert.deepEqual(await resource.read(), resource.updated);
      await resource.remove();
      const gone = await resource.read().catch((error: unknown) => (error as Error).name);
      assert.deepEqual(gone, resource.gone);
    });
  }
});
