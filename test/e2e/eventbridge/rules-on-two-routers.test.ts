import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CreateEventBusCommand,
  DescribeRuleCommand,
  type EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { eventually } from "../../contract/waiting.ts";
import { eventsClient } from "../../support/aws/events-client.ts";
import type { PostgresServer } from "../../support/store/postgres-server.ts";
import { createDatabase, startPostgres } from "../../support/store/postgres.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { Router } from "../../support/router/router.ts";

const CONFIG = "queues: { orders: {} }\n";
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:orders";
const RULES = 200;
const TARGETS = 5;
const CALLERS = 10;

describe("Rules over the API on two routers, on RabbitMQ and PostgreSQL", { timeout: 180_000 }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.remove());

  it("A rule is in force on both routers, 1,000 put by ten callers at once are, and an outage of the store refuses changes only", async (t) => {
    const env = {
      BUSBAR_BROKER: await freshVhost(t, ["orders"]),
      BUSBAR_STORE: await createDatabase(server.url, t),
    };
    const [one, two] = await Promise.all([
      Router.start({ config: CONFIG, env }),
      Router.start({ config: CONFIG, env }),
    ]);
    t.after(() => Promise.all([one.remove(), two.remove()]));
    const [first, second] = [eventsClient(one.publicUrl), eventsClient(two.publicUrl)] as const;
    t.after(() => [first, second].forEach((client) => client.destroy()));

    // The request after CreateEventBus may come to the other router.
    await first.send(new CreateEventBusCommand({ Name: "shop" }));
    await second.send(new PutRuleCommand({ Name: "r", EventBusName: "shop", EventPattern: '{"source":["shop"]}' }));
    await first.send(new PutTargetsCommand({ Rule: "r", EventBusName: "shop", Targets: [{ Id: "q", Arn: QUEUE }] }));
    const putAtMs = performance.now();
    assert.equal((await one.put([{ source: "shop", detail: {}, bus: "shop" }])).status, 200);
    await eventually("the first router sends it", async () => (await two.receive("orders")).length === 1);
    await eventually(
      "the second router knows the target",
      async () => (await targetsOf(second, "r", "shop")).length === 1,
    );
    t.diagnostic(`in force on the other router within ${Math.round(performance.now() - putAtMs)} ms`);
    await two.put([{ source: "shop", detail: {}, bus: "shop" }]);
    await eventually("the second router sends it", async () => (await one.receive("orders")).length === 1);

    const beganAtMs = performance.now();
    await putAtOnce([first, second]);
    t.diagnostic(`${RULES} rules with ${RULES * TARGETS} targets took ${Math.round(performance.now() - beganAtMs)} ms`);
    for (const client of [first, second]) {
      await eventually("every rule is known", async () => (await ruleNames(client)).length === RULES);
    }
    await eventually("both have the same revision", async () => (await revisionOf(one)) === (await revisionOf(two)));
    // Half of the changes of each rule came by the other router.
    for (let at = 0; at < RULES; at++) {
      const name = `r-${at}`;
      assert.equal((await targetsOf([first, second][at % 2] ?? first, name)).length, TARGETS, name);
    }
    await two.put([{ source: `s-${RULES - 1}`, detail: {} }]);
    const received: unknown[] = [];
    await eventually("each target gets it", async () => {
      received.push(...(await one.receive("orders")));
      return received.length >= TARGETS;
    });
    assert.equal(received.length, TARGETS);

    await server.kill();
    const away = second.send(new PutRuleCommand({ Name: "away", EventPattern: '{"source":["x"]}' }));
    await assert.rejects(away, { name: "ServiceUnavailable", message: /^The store is not available, / });
    await one.put([{ source: "s-0", detail: {} }]);
    await eventually("deliveries go on", async () => (await two.receive("orders")).length > 0);
    await server.start();
    await eventually("changes are made again", () =>
      second.send(new PutRuleCommand({ Name: "r-0", EventPattern: '{"source":["later"]}' })).then(
        () => true,
        () => false,
      ),
    );
    await eventually("the other router follows again", async () => (await patternOf(first, "r-0")).includes("later"));

    await two.kill();
    await first.send(new PutRuleCommand({ Name: "r-1", EventPattern: '{"source":["meanwhile"]}' }));
    await two.launch();
    const again = eventsClient(two.publicUrl);
    t.after(() => again.destroy());
    assert.ok((await patternOf(again, "r-1")).includes("meanwhile"));
  });
});

/** Ten callers, half of them at each router: each rule's targets are put one by one, by several at once. */
async function putAtOnce(clients: readonly EventBridgeClient[]): Promise<void> {
  const clientOf = (caller: number) => clients[caller % clients.length] ?? assert.fail();
  const callers = Array.from({ length: CALLERS }, (_, caller) => caller);
  await Promise.all(
    callers.map(async (caller) => {
      for (let at = caller; at < RULES; at += CALLERS)
        await clientOf(caller).send(new PutRuleCommand({ Name: `r-${at}`, EventPattern: `{"source":["s-${at}"]}` }));
    }),
  );
  const puts = Array.from({ length: RULES * TARGETS }, (_, put) => put);
  await Promise.all(
    callers.map(async (caller) => {
      // Neighbours are of one rule, so that several callers change it at the same time.
      for (const put of puts.filter((one) => one % CALLERS === caller)) {
        const Targets = [{ Id: `t-${put % TARGETS}`, Arn: QUEUE }];
        await clientOf(caller).send(new PutTargetsCommand({ Rule: `r-${Math.floor(put / TARGETS)}`, Targets }));
      }
    }),
  );
}

/** Up to which change of the store a router has it in force. */
function revisionOf(router: Router): Promise<number> {
  return router.metric("busbar_made_revision");
}

async function ruleNames(client: EventBridgeClient): Promise<readonly string[]> {
  const names: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new ListRulesCommand(NextToken === undefined ? {} : { NextToken }));
    names.push(...(page.Rules ?? []).map(({ Name }) => Name ?? ""));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return names;
}

async function targetsOf(client: EventBridgeClient, Rule: string, EventBusName = "default") {
  const { Targets } = await client.send(new ListTargetsByRuleCommand({ Rule, EventBusName }));
  return Targets ?? [];
}

async function patternOf(client: EventBridgeClient, Name: string): Promise<string> {
  return (await client.send(new DescribeRuleCommand({ Name }))).EventPattern ?? "";
}
