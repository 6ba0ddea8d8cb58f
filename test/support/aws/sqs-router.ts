import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Authenticator } from "../../../src/edge/http/auth/authenticator.ts";
import type { QueueConfig } from "../../../src/domain/queue/queue-config.ts";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import type { SqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { openSqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import type { Listening } from "../../../src/edge/http/server.ts";
import { listen } from "../../../src/edge/http/server.ts";
import { InFlightBytes } from "../../../src/flow/budget/in-flight.ts";
import type { Observation } from "../../../src/edge/observe/observation.ts";
import { RouterQueues } from "../../../src/flow/queues/message-queues.ts";
import { publicApp } from "../http/public-app.ts";
import { observe } from "../observe/observe.ts";
import { sampleConfig } from "../sample.ts";
import { moveJobs } from "./move-jobs.ts";

export interface SqsRouter {
  readonly url: string;
  readonly broker: SqliteBroker;
  readonly queues: RouterQueues;
  /** Its metrics and its log. */
  readonly observation: Observation;
  readonly lines: readonly Record<string, unknown>[];
  /** The clock of its metrics, set by hand. */
  readonly clock: { nowMs: number };
  readonly inFlight: InFlightBytes;
  readonly server: Listening;
  /** The queues of the configuration, which a test may take away. */
  readonly configured: Map<string, QueueConfig>;
}

/** A public port with queues on the embedded broker. The test ends it. */
export async function sqsRouter(
  t: Pick<TestContext, "after">,
  queues: readonly QueueConfig[],
  authenticator?: Authenticator,
): Promise<SqsRouter> {
  const folder = await mkdtemp(join(tmpdir(), "busbar-sqs-"));
  const { observation, lines, clock } = observe();
  const broker = await openSqliteBroker({ folder, events: observation.brokerEvents });
  await broker.declare(queues.map(({ name }) => declarationOf(name)));
  const inFlight = new InFlightBytes(64 * 1_048_576);
  const observer = observation.queueObserver;
  const routerQueues = new RouterQueues({ broker, inFlight, observer, nowMs: Date.now });
  const configured = new Map(queues.map((queue) => [queue.name, queue]));
  const config = { ...sampleConfig({}), queues: configured };
  observation.follow(config);
  observation.watchReceived({
    inFlight: () => broker.holds.inFlight(),
    waitingPolls: () => routerQueues.waitingPolls,
  });
  const jobs = await moveJobs(broker, config, observation);
  const { app } = publicApp({ config, inFlight, queues: routerQueues, jobs, ...(authenticator && { authenticator }) });
  const server = await listen(app, { host: "127.0.0.1", port: 0 });
  t.after(async () => {
    routerQueues.stop();
    await server.close(1_000);
    await jobs.stop();
    await broker.close();
    await rm(folder, { recursive: true });
  });
  return { url: server.url, broker, queues: routerQueues, observation, lines, clock, inFlight, server, configured };
}

/** A call over the JSON protocol, with what it is answered. */
export async function callSqs(url: string, operation: string, input: object): Promise<SqsAnswer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${operation}` },
    body: JSON.stringify(input),
  });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, body, queryError: response.headers.get("x-amzn-query-error") };
}

export interface SqsAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly queryError: string | null;
}

/** A call over the query protocol: a form, or with a path the query of a GET. */
export async function querySqs(url: string, parameters: Record<string, string>, path?: string): Promise<string> {
  const form = new URLSearchParams({ Version: "2012-11-05", ...parameters });
  const response =
    path === undefined
      ? await fetch(url, { method: "POST", body: form })
      : await fetch(`${url}${path}?${form.toString()}`);
  return await response.text();
}
