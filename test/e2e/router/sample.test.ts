import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import { inShell, isAlive, NpmStart } from "../../support/router/npm-start.ts";

/** A record of an asynchronous invocation, as far as the tests read it. */
interface InvocationRecord {
  readonly requestContext: Record<string, unknown>;
  readonly requestPayload: unknown;
  readonly responsePayload: Record<string, unknown>;
}

describe("The first minutes with the sample", () => {
  let router: NpmStart;
  let putAnOrder: string;
  const endings = suiteEndings();
  before(async () => {
    router = await NpmStart.start();
    endings.after(() => router.remove());
    putAnOrder = router.command("curl");
    await eventually("it has logged where it listens", () => listening() !== undefined);
  });

  const listening = () => router.log.find(({ msg }) => msg === "listening");

  async function put(commandLine: string): Promise<void> {
    const answer = JSON.parse(await inShell(commandLine)) as { FailedEntryCount: number };
    assert.equal(answer.FailedEntryCount, 0);
  }

  /** The table that the printed `queues` command prints, as numbers by name. */
  async function ready(): Promise<Record<string, number>> {
    const [, ...rows] = (await inShell(router.command("npx busbar queues"))).trim().split("\n");
    return Object.fromEntries(
      rows.map((row) => row.split(/\s+/)).map(([name = "", count]) => [name, Number(count)] as const),
    );
  }

  /** The same number of one queue, from the admin port: a look by the command costs two processes. */
  async function depth(queue: string): Promise<number | undefined> {
    const answer = await fetch(`${String(listening()?.["adminUrl"])}/api/v1/queues`);
    const { queues } = (await answer.json()) as { queues: { name: string; ready: number }[] };
    return queues.find(({ name }) => name === queue)?.ready;
  }

  /** Takes all there is in a queue, by the printed command with another verb. */
  async function taken(queue: string): Promise<{ headers: Record<string, unknown>; body: unknown }[]> {
    const command = router.command("npx busbar queues").replace("queues", `queues receive ${queue} --delete --json`);
    const messages = JSON.parse(await inShell(command)) as { headers: Record<string, unknown>; body: string }[];
    return messages.map(({ headers, body }) => ({ headers, body: JSON.parse(body) as unknown }));
  }

  const printed = (functionName: string) =>
    router.log.filter((line) => line["function"] === functionName).map((line) => String(line["line"]));

  it("The printed curl puts an order, and the printed commands show where it went", async () => {
    await put(putAnOrder);
    await eventually("the order was processed", async () => (await depth("processed-orders")) === 1);
    assert.deepEqual(await ready(), {
      "processed-orders": 1,
      "failed-orders": 0,
      "audit-log": 1,
      "all-orders": 0,
      orders: 0,
      "orders-dead": 0,
      "busbar.dead-letter": 0,
      "busbar.parked": 0,
    });
    const peeked = await inShell(router.command("npx busbar queues peek"));
    assert.match(peeked, /"status": "PROCESSED"/);
  });

  it("The order's record has the order, the Python function's answer, and one request id in both", async () => {
    const [message, ...others] = await taken("processed-orders");
    assert.equal(others.length, 0);
    const { requestContext, requestPayload, responsePayload } = message?.body as InvocationRecord;
    assert.equal(requestContext["condition"], "Success");
    assert.deepEqual(requestPayload, { orderId: "o-1", total: 120 });
    const { requestId } = requestContext;
    assert.deepEqual(responsePayload, { orderId: "o-1", status: "PROCESSED", customer: null, requestId });
    await eventually("its output is logged", () => printed("order-processor").length > 0);
    assert.deepEqual(printed("order-processor"), [`${String(requestId)} processing order o-1 over 120 EUR`]);
  });

  it("The audit bus gets a copy of the order, and the notifier the transformer's text", async () => {
    const [copy, ...others] = await taken("audit-log");
    assert.equal(others.length, 0);
    const { source, detail } = copy?.body as { source: string; detail: unknown };
    assert.equal(source, "shop.checkout");
    assert.deepEqual(detail, { orderId: "o-1", total: 120 });
    assert.equal(copy?.headers["busbar-bus"], "audit");
    await eventually("the notifier has printed", () => printed("notifier").length > 0);
    assert.match(printed("notifier").join("\n"), /notifying: Order o-1 over 120 EUR/);
  });

  it("An order over the limit fails, is retried twice after 2 and 4 s, and its record says so", async () => {
    const startedAtMs = performance.now();
    await put(putAnOrder.replace("120", "1200"));
    await eventually("the failure's record", async () => (await depth("failed-orders")) === 1, 30_000);
    assert.ok(performance.now() - startedAtMs >= 6_000, "it was not tried again too early");

    const [message] = await taken("failed-orders");
    const { requestContext, responsePayload } = message?.body as InvocationRecord;
    assert.equal(requestContext["condition"], "RetriesExhausted");
    assert.equal(requestContext["approximateInvokeCount"], 3);
    assert.equal(responsePayload["errorType"], "ValueError");
    assert.equal(responsePayload["errorMessage"], "Order o-1: 1200 EUR is over the credit limit of 1000 EUR");
  });

  it("The printed commands make a rule over the API, and replay to it what was put before", async () => {
    const publicUrl = String(listening()?.["publicUrl"]);
    const operation = (name: string) =>
      router.command(
        `curl -s ${publicUrl} -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: AWSEvents.${name}'`,
      );
    assert.match(
      await inShell(operation("PutRule")),
      /"RuleArn":"arn:aws:events:us-east-1:000000000000:rule\/all-orders"/,
    );
    assert.match(await inShell(operation("PutTargets")), /"FailedEntryCount":0/);
    assert.equal(await inShell(router.command("npx busbar replays start")), "first-replay: 2 events sent\n");
    const undelivered = router.command("npx busbar replays count");
    await eventually("the journal has the success of one order, and none of the other", async () =>
      (await inShell(undelivered)).includes(
        "1 event would be sent, 0 of them match no rule\n1 event left out: delivered",
      ),
    );
    const peeked = await inShell(router.command("npx busbar queues peek all-orders"));
    assert.match(peeked, /"replay-name": "first-replay"/);
    assert.equal((await ready())["all-orders"], 2);
    await put(putAnOrder);
    await eventually("the rule is in force for new orders", async () => (await depth("all-orders")) === 3);
  });

  it("A mapping ships what the printed command sends to its queue, and what is no order becomes a dead letter", async () => {
    await inShell(router.command("npx busbar queues send orders --body '{"));
    await inShell(router.command("npx busbar queues send orders --body 'no"));
    await eventually("the order is shipped", () => printed("order-shipper").includes("shipping order o-2"), 60_000);
    await eventually("the other message is a dead letter", async () => (await depth("orders-dead")) === 1, 60_000);
    assert.equal(printed("order-shipper").filter((line) => line.includes("failed: JSONDecodeError")).length, 2);
    assert.match(await inShell(router.command("npx busbar queues peek orders-dead")), /^no order$/m);
    assert.equal((await ready())["orders"], 0);
  });

  it("The orders of five seconds are reported in one call, and one that has no total is a dead letter by itself", async () => {
    const entry = /\{"Source".*\}(?=\])/.exec(putAnOrder)?.[0] ?? "";
    const entries = [entry, entry, entry.replace('\\"total\\":120', '\\"sum\\":1')];
    const before = printed("order-report").length;
    await put(putAnOrder.replace(entry, entries.join(",")));
    await eventually("they are reported", () => printed("order-report").length > before, 30_000);
    assert.equal(printed("order-report")[before], "report: 2 orders over 240 EUR");
    await eventually("the third is a dead letter", async () => (await ready())["busbar.dead-letter"] === 1, 30_000);
  });

  it("The printed command calls a function, and prints the answer that it waited for", async () => {
    const answer = await inShell(router.command("npx busbar invoke"));
    const [, requestId = ""] = /"requestId": "([^"]+)"/.exec(answer) ?? [];
    const shown = `{"orderId": "o-3", "status": "PROCESSED", "customer": null, "requestId": "${requestId}"}\n`;
    assert.equal(answer, shown);
    await eventually("the call's output is logged", () =>
      printed("order-processor").includes(`${requestId} processing order o-3 over 120 EUR`),
    );
  });

  it("The printed command gives the calls of an alias to another version of the function", async () => {
    // The rule's text is printed by version 1 for every order before.
    assert.ok(printed("notifier").every((line) => line.includes("notifying: ")));
    const command = router.command("npx busbar aliases").replace("--weight 0.5", "--weight 1");
    const shifted = await inShell(command);
    assert.match(shifted, /\nlive +1 +2 +1 +What rules call\n$/);
    await put(putAnOrder);
    await eventually("the other version has printed", () =>
      printed("notifier").some((line) => line.includes("notifying by chat: Order o-1 over 120 EUR")),
    );
  });

  it("Ctrl+C stops the sample gracefully, and no process is left", async () => {
    const family = router.processIds();
    assert.ok(family.length >= 4, `npm, the router and its functions are running: ${family.join(", ")}`);
    await router.interrupt();
    await eventually("it has said so", () => router.log.some((line) => line.msg === "stopped"));
    await eventually("every process is gone", () => !family.some(isAlive));
  });
});

describe("One Ctrl+C, where the router gets it from the terminal and from npm", () => {
  it("Ctrl+C stops a router gracefully that gets the signal from the terminal and from npm", async (t) => {
    // Where sh is bash it becomes the command that it is given, so what npm passes on to it reaches the router.
    const folder = await mkdtemp(join(tmpdir(), "busbar-shell-"));
    t.after(() => rm(folder, { recursive: true }));
    const shell = join(folder, "shell");
    await writeFile(shell, '#!/bin/sh\neval "exec $2"\n', { mode: 0o755 });

    const router = await NpmStart.start({ npm_config_script_shell: shell });
    t.after(() => router.remove());
    assert.equal(router.processIds().length, 2);
    assert.equal(await router.interrupt(), 0);
    await eventually("it has said so", () => router.log.some((line) => line.msg === "stopped"));
  });
});
