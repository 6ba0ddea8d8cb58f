import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { eventually } from "../contract/waiting.ts";
import { missing, startLoad } from "../support/load.ts";
import { closedPort, serveTcp } from "../support/http-target.ts";
import type { TestServer } from "../support/http-target.ts";
import { suiteEndings } from "../support/endings.ts";
import { freshVhost } from "../support/rabbitmq.ts";
import { RecordingFunction } from "../support/recording-function.ts";
import { Router } from "../support/router.ts";

const EVENTS = 3_000;

/** Runs the load through a router and says how many events a second the healthy function got. */
async function throughput(
  config: string,
  broker: string,
  healthy: RecordingFunction,
): Promise<{ router: Router; rate: number }> {
  const router = await Router.start({ config, env: { BUSBAR_BROKER: broker } });
  const before = healthy.calls.length;
  const startedAtMs = performance.now();
  const load = startLoad({ count: EVENTS, routers: [router] });
  await load.done;
  await eventually("the healthy function got all", () => missing(load.accepted, healthy.eventIds).length === 0, 60_000);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  return { router, rate: (healthy.calls.length - before) / seconds };
}

const REASONS = {
  hanging: "timeout",
  raising: "server_error",
  garbage: "invalid_response",
  absent: "connection",
} as const;

describe("A function that is out of order", () => {
  let healthy: RecordingFunction;
  let hanging: RecordingFunction;
  let raising: RecordingFunction;
  let garbage: TestServer;
  let router: Router;
  let rates: { alone: number; beside: number };

  const endings = suiteEndings();
  before(async () => {
    healthy = await RecordingFunction.start();
    hanging = await RecordingFunction.start(() => undefined);
    raising = await RecordingFunction.start((_call, response) => void response.writeHead(500).end());
    garbage = await serveTcp((socket) => socket.once("data", () => socket.end("this is no HTTP\r\n\r\n")));
    endings.after(() => Promise.all([healthy, hanging, raising, garbage].map((server) => server.stop())));
    const urls = {
      hanging: hanging.url,
      raising: raising.url,
      garbage: garbage.url,
      absent: `http://127.0.0.1:${await closedPort()}`,
    };
    const bad = Object.entries(urls).map(
      ([name, url]) => `  ${name}: { http: { url: "${url}" }, timeoutSeconds: 1, onFailure: { queue: losses } }`,
    );
    // One event in twenty goes to the broken ones too.
    const config = (functions: readonly string[], targets: string) => `
functions:
  healthy: { http: { url: "${healthy.url}" } }
  crashing: { process: { command: [node, --eval, "process.exit(1)"] }, maximumRetryAttempts: 0, onFailure: { queue: losses } }
${functions.join("\n")}
queues: { losses: {} }
rules:
  all: { eventPattern: { source: [test] }, targets: { healthy: { function: healthy } } }
${targets}`;
    const some = Array.from({ length: 20 }, (_, index) => index * 100 + 7).join(", ");
    const targets = `  broken: { eventPattern: { source: [test], detail: { index: [${some}] } }, targets: { ${["crashing", ...Object.keys(urls)].map((name) => `${name}: { function: ${name} }`).join(", ")} } }`;
    const queues = [
      "losses",
      ...["healthy", "crashing", ...Object.keys(urls)].map((name) => `busbar.function.${name}`),
    ];
    const vhosts = [await freshVhost(endings, queues), await freshVhost(endings, queues)] as const;
    const alone = await throughput(config([], ""), vhosts[0], healthy);
    await alone.router.remove();
    const beside = await throughput(config(bad, targets), vhosts[1], healthy);
    router = beside.router;
    rates = { alone: alone.rate, beside: beside.rate };
    endings.after(() => router.remove());
  });

  it("does not slow the healthy one beside it by more than a fifth", (t) => {
    t.diagnostic(`alone ${Math.round(rates.alone)}/s, beside five broken ones ${Math.round(rates.beside)}/s`);
    assert.ok(rates.beside > rates.alone * 0.8, JSON.stringify(rates));
  });

  for (const [name, reason] of Object.entries(REASONS)) {
    it(`ends its attempts as ${reason} when it is ${name}`, async () => {
      const series = `busbar_delivery_attempts_total{destination="function/${name}",outcome="${reason}"}`;
      await eventually(
        `20 attempts of ${name} ended as ${reason}`,
        async () => (await router.metric(series)) >= 20,
        60_000,
      );
    });
  }

  it("that crashes on start ends as a function error, with its record in the failure queue", async () => {
    const series = 'busbar_destination_records_total{function="crashing",condition="failure",kind="queue"}';
    await eventually("20 failure records of crashing", async () => (await router.metric(series)) === 20, 60_000);
  });

  it("that answers garbage is not tried again, and its events end in the failure queue", async () => {
    const series = 'busbar_destination_records_total{function="garbage",condition="failure",kind="queue"}';
    await eventually("20 failure records of garbage", async () => (await router.metric(series)) === 20, 60_000);
  });

  it("that is not there or answers 500 is tried again", async () => {
    for (const [name, reason] of [
      ["absent", "connection"],
      ["raising", "server_error"],
    ] as const) {
      const series = `busbar_delivery_retries_total{destination="function/${name}",reason="${reason}"}`;
      await eventually(`retries of ${name}`, async () => (await router.metric(series)) >= 20, 60_000);
    }
  });
});
