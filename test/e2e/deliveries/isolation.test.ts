import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import { closedPort, serveTcp } from "../../support/http/http-target.ts";
import { missing, startLoad } from "../../support/router/load.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

/** Well below what the router can do, so that the machine's own speed does not count: what waits, waits for somebody. */
const EVENTS_PER_SECOND = 400;
const EVENTS = 800;
const ROUNDS = 3;
/** In each round beside them, this many events go to every function that is out of order, too. */
const BROKEN = 20;

/** A function that is out of order, and what its attempts come to. */
const REASONS = {
  hanging: "timeout",
  raising: "server_error",
  garbage: "invalid_response",
  absent: "connection",
  crashing: "function_error",
} as const;

function config(healthyUrl: string, brokenUrls: Readonly<Record<string, string>>): string {
  // Without a circuit breaker, so that every event is tried.
  const rest = "timeoutSeconds: 1, circuitBreaker: false, onFailure: { queue: losses }";
  const broken = Object.entries(brokenUrls).map(([name, url]) => `  ${name}: { http: { url: "${url}" }, ${rest} }`);
  const targets = Object.keys(REASONS).map((name) => `${name}: { function: ${name} }`);
  const indexes = Array.from({ length: BROKEN }, (_, index) => index * (EVENTS / BROKEN));
  return `
functions:
  healthy: { http: { url: "${healthyUrl}" } }
  crashing: { process: { command: ["false"] }, maximumRetryAttempts: 0, onFailure: { queue: losses } }
${broken.join("\n")}
queues: { losses: {} }
rules:
  all: { eventPattern: { source: [alone, beside] }, targets: { healthy: { function: healthy } } }
  broken: { eventPattern: { source: [beside], detail: { index: [${indexes.join(", ")}] } }, targets: { ${targets.join(", ")} } }
`;
}

describe("A function that is out of order", () => {
  let healthy: RecordingFunction;
  let router: Router;
  const rates: Record<"alone" | "beside", number[]> = { alone: [], beside: [] };
  const endings = suiteEndings();

  /** Puts a round of events and says how many a second the healthy function got. */
  async function rate(source: "alone" | "beside"): Promise<number> {
    const startedAtMs = performance.now();
    const entry = (index: number) => ({ source, detail: { index } });
    const load = startLoad({ count: EVENTS, perSecond: EVENTS_PER_SECOND, routers: [router], entry });
    await load.done;
    await eventually("the healthy one got all", () => missing(load.accepted, healthy.eventIds).length === 0, 60_000);
    assert.equal(load.accepted.size, EVENTS);
    return (EVENTS * 1_000) / (performance.now() - startedAtMs);
  }

  before(async () => {
    healthy = await RecordingFunction.start();
    const hanging = await RecordingFunction.start(() => undefined);
    const raising = await RecordingFunction.start((_call, response) => void response.writeHead(500).end());
    const garbage = await serveTcp((socket) => socket.once("data", () => socket.end("this is no HTTP\r\n\r\n")));
    endings.after(() => Promise.all([healthy, hanging, raising, garbage].map((server) => server.stop())));
    const urls = { hanging: hanging.url, raising: raising.url, garbage: garbage.url };
    const absent = `http://127.0.0.1:${await closedPort()}`;
    const queues = ["healthy", ...Object.keys(REASONS)].map((name) => `busbar.function.${name}`);
    const broker = await freshVhost(endings, ["losses", ...queues]);
    router = await Router.start({ config: config(healthy.url, { ...urls, absent }), env: { BUSBAR_BROKER: broker } });
    endings.after(() => router.remove());

    await rate("alone");
    for (let round = 0; round < ROUNDS; round++) {
      for (const source of ["alone", "beside"] as const) rates[source].push(await rate(source));
    }
  });

  it("Functions that are out of order slow a healthy one by less than a fifth", () => {
    // The machine is shared: whatever else runs slows a round, and nothing speeds one up. So the best rounds count.
    assert.ok(Math.max(...rates.beside) >= 0.8 * Math.max(...rates.alone), JSON.stringify(rates));
  });

  for (const [name, reason] of Object.entries(REASONS)) {
    it(`An attempt to call a function that is ${name} ends as ${reason}`, async () => {
      const series = `busbar_delivery_attempts_total{destination="function/${name}",outcome="${reason}"}`;
      const attempts = `${BROKEN * ROUNDS} attempts of ${name} ended as ${reason}`;
      await eventually(attempts, async () => (await router.metric(series)) >= BROKEN * ROUNDS, 60_000);
    });
  }

  for (const name of ["crashing", "garbage"]) {
    it(`A function that is ${name} leaves a record of each event in the failure queue`, async () => {
      const series = `busbar_destination_records_total{function="${name}",condition="failure",kind="queue"}`;
      await eventually(`the records of ${name}`, async () => (await router.metric(series)) === BROKEN * ROUNDS, 60_000);
    });
  }

  for (const [name, reason] of [
    ["absent", "connection"],
    ["raising", "server_error"],
  ] as const) {
    it(`A function that is ${name} is called again`, async () => {
      const series = `busbar_delivery_retries_total{destination="function/${name}",reason="${reason}"}`;
      await eventually(`retries of ${name}`, async () => (await router.metric(series)) >= BROKEN * ROUNDS, 60_000);
    });
  }
});
