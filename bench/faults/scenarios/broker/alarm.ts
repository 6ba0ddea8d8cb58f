import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import type { Router } from "../../../../test/support/router/router.ts";
import type { Scenario } from "../../scenario.ts";

/** How each alarm is raised and ended, as arguments of `rabbitmqctl`. */
const ALARMS = [
  { raise: ["set_vm_memory_high_watermark", "0.00001"], end: ["set_vm_memory_high_watermark", "absolute", "1GiB"] },
  { raise: ["set_disk_free_limit", "100000GB"], end: ["set_disk_free_limit", "100MB"] },
];

export const alarm: Scenario = {
  name: "alarm",
  description:
    "RabbitMQ runs short of memory, then of disk: puts are answered with 503 and Retry-After until it has room",
  seconds: 8,
  ciSeconds: 1,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const stage = await context.stage({ broker: await rabbitMq.newVhost() });
    const load = stage.startLoad();
    for (const { raise, end } of ALARMS) {
      await stage.flows();
      context.after(() => rabbitMq.ctl(...end)); // the next scenario needs it, whatever becomes of this one
      await rabbitMq.ctl(...raise);
      await load.refused();
      await eventually("a put is told when to come again", () => asksForPatience(stage.router));
      await sleep(context.seconds * 1_000);
      await rabbitMq.ctl(...end);
    }
    const facts = await stage.account();
    assert.deepEqual([...load.statuses.keys()].sort(), [200, 503], "puts are answered with 200 or 503 alone");
    return facts;
  },
};

async function asksForPatience(router: Router): Promise<boolean> {
  const response = await fetch(router.publicUrl, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents" },
    body: JSON.stringify({ Entries: [{ Source: "nobody", DetailType: "listens", Detail: "{}" }] }),
  });
  await response.body?.cancel();
  return response.status === 503 && Number(response.headers.get("retry-after")) > 0;
}
