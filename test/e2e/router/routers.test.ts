import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type {
  ConfigurationAnswer,
  ConfigurationListAnswer,
} from "../../../src/admin-api/configuration/configurations.ts";
import type {
  ListedRouter,
  RouterHistoryAnswer,
  RouterListAnswer,
} from "../../../src/admin-api/configuration/routers.ts";
import { eventually } from "../../contract/waiting.ts";
import { busbar } from "../../support/router/command-line.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

const config = (url: string, atLeast: number) => `
functions:
  shared: { http: { url: "${url}" }, circuitBreaker: { failureThreshold: 1, openSeconds: 600 } }
rules:
  big: { eventPattern: { source: [test], detail: { total: [{ numeric: [">=", ${atLeast}] }] } }, targets: { shared: { function: shared } } }
`;

async function ask<Answer>(router: Router, path: string): Promise<Answer> {
  const response = await fetch(`${router.adminUrl}/api/v1/${path}`);
  assert.equal(response.status, 200, path);
  return (await response.json()) as Answer;
}

const routersOf = async (router: Router) => (await ask<RouterListAnswer>(router, "routers")).routers;
const digestsOf = (routers: readonly ListedRouter[]) => new Set(routers.map((one) => one.configuration.digest));
const digestIn = (router: Router) =>
  String(router.log.findLast(({ msg }) => msg === "configuration taken over")?.["digest"]);

describe("Routers at one RabbitMQ", () => {
  it("know of each other which configuration each runs, who is silent, and whose circuits are open", async (t) => {
    const env = { BUSBAR_BROKER: await freshVhost(t, ["busbar.function.shared"]) };
    // Nobody listens there.
    const url = "http://127.0.0.1:9/";
    const [one, two] = await Promise.all([
      Router.start({ config: config(url, 100), env }),
      Router.start({ config: config(url, 1_000), env }),
    ]);
    t.after(() => Promise.all([one.remove(), two.remove()]));

    for (const router of [one, two])
      await eventually("each knows the other", async () => digestsOf(await routersOf(router)).size === 2, 30_000);
    assert.notEqual(digestIn(one), digestIn(two));
    assert.deepEqual(digestsOf(await routersOf(one)), new Set([digestIn(one), digestIn(two)]));
    const listed = await ask<ConfigurationListAnswer>(one, "configurations");
    assert.equal(listed.configurations.length, 2);
    const own = await ask<ConfigurationAnswer>(one, `configurations/${digestIn(one)}`);
    assert.deepEqual(own.document?.["rules"]?.["default/big"], {
      eventPattern: { detail: { total: [{ numeric: [">=", 100] }] }, source: ["test"] },
      targets: { shared: { function: "shared" } },
    });
    assert.equal(await one.metric(`busbar_config_info{digest="${digestIn(one)}"}`), 1);
    const shown = await busbar(["routers", "--admin-url", two.adminUrl]);
    assert.match(shown.stdout, /ROUTER +VERSION +UP +CONFIGURATION/);
    assert.match(shown.stderr, /the routers run 2 different configurations/);

    await two.configure(config(url, 100));
    await eventually("both run the same", async () => digestsOf(await routersOf(one)).size === 1, 30_000);
    assert.equal(digestIn(one), digestIn(two));

    await one.put([{ detail: { total: 100 } }]);
    const circuits = async () =>
      (await routersOf(two)).flatMap(({ destinations }) =>
        destinations.map(({ circuit, cause }) => ({ circuit, cause })),
      );
    await eventually(
      "a circuit is open somewhere",
      async () => (await circuits()).some(({ circuit }) => circuit === "open"),
      30_000,
    );
    assert.match((await circuits())[0]?.cause ?? "", /127\.0\.0\.1:9/);
    const accepted = async () => {
      const { steps } = await ask<RouterHistoryAnswer>(two, "routers/history");
      return steps.reduce((sum, step) => sum + step.accepted, 0);
    };
    await eventually("the event is counted", async () => (await accepted()) === 1, 30_000);

    await two.kill();
    const silent = async () => (await routersOf(one)).filter((router) => router.silent).length;
    await eventually("two is missed", async () => (await silent()) === 1, 60_000);
    assert.equal(await one.metric('busbar_routers{state="silent"}'), 1);
  });

  it("is one with the embedded broker, and forgets nobody who was never there", async (t) => {
    const fn = await RecordingFunction.start();
    t.after(() => fn.stop());
    const router = await Router.start({ config: config(fn.url, 1) });
    t.after(() => router.remove());
    await eventually("it is ready", async () => (await routersOf(router))[0]?.ready === true, 15_000);
    const [only, ...others] = await routersOf(router);
    assert.ok(only !== undefined);
    assert.equal(others.length, 0);
    assert.equal(only.configuration.digest, digestIn(router));
    assert.equal(only.broker, "connected");
    assert.ok(only.puts.admitted > 0 && only.rssBytes > 1e7, JSON.stringify(only));
  });
});
