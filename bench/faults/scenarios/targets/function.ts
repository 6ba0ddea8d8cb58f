import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import { startTcpProxy, through } from "../../../../test/support/http/tcp-proxy.ts";
import type { TcpProxy } from "../../../../test/support/http/tcp-proxy.ts";
import type { Configuration, Ends } from "../../configuration.ts";
import type { FunctionCall } from "../../functions.ts";
import type { Scenario } from "../../scenario.ts";

const HUGE_ANSWER = JSON.stringify("x".repeat(10 * 1024 * 1024));
const SLOW_MS = 400;

/** What a function does to the first attempt of every delivery. It resolves with whether it answers after that. */
const MISBEHAVIOURS: Readonly<Record<string, (response: ServerResponse) => boolean | Promise<boolean>>> = {
  hangs: () => false,
  crashes: (response) => {
    response.writeHead(200, { "content-length": "100" }).write('{"sta', () => response.destroy());
    return false;
  },
  resets: (response) => {
    response.socket?.resetAndDestroy();
    return false;
  },
  slow: () => sleep(SLOW_MS, true),
};

export const functionFaults: Scenario = {
  name: "function",
  description: "functions hang, crash, reset, are slow, answer 10 MB, and move to another address each second",
  seconds: 10,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const broker = await rabbitMq.newVhost();
    const stage = await context.stage({ broker, configuration: (url) => configurationWith(url, url) });
    const { functions, router } = stage;
    functions.before((call, response) => answersHuge(call, response) ?? misbehave(call, response));
    stage.startLoad();
    await stage.flows();

    let address: TcpProxy | undefined;
    for (let second = 0; second < context.seconds; second++) {
      const next = await startTcpProxy(Number(new URL(functions.url).port));
      context.after(() => next.close());
      await router.configure(configurationWith(functions.url, through(next, functions.url)).yaml);
      await eventually("the function is called at its new address", () => next.accepted > 0);
      await address?.close();
      address = next;
      await sleep(1_000);
    }
    functions.before((call, response) => answersHuge(call, response) ?? true);

    return stage.account();
  },
};

function misbehave({ name, attempt }: FunctionCall, response: ServerResponse): boolean | Promise<boolean> {
  return attempt > 1 || (MISBEHAVIOURS[name]?.(response) ?? true);
}

/** More than a router takes: each of its deliveries has to end in the dead-letter queue. */
function answersHuge({ name }: FunctionCall, response: ServerResponse): false | undefined {
  if (name !== "huge") return undefined;
  response.writeHead(200, { "content-type": "application/json" }).end(HUGE_ANSWER);
  return false;
}

function configurationWith(functionsUrl: string, movingUrl: string): Configuration {
  const yaml = `
functions:
  healthy: { http: { url: "${functionsUrl}/healthy" }, concurrency: 20 }
  hangs: { http: { url: "${functionsUrl}/hangs" }, concurrency: 200, timeoutSeconds: 1, retryIntervalsSeconds: [1] }
  crashes: { http: { url: "${functionsUrl}/crashes" }, concurrency: 20, circuitBreaker: false, retryIntervalsSeconds: [1] }
  resets: { http: { url: "${functionsUrl}/resets" }, concurrency: 20, circuitBreaker: false }
  slow: { http: { url: "${functionsUrl}/slow" }, concurrency: 100 }
  huge: { http: { url: "${functionsUrl}/huge" }, concurrency: 2, deadLetterConfig: { queue: huge-dead-letters } }
  moves: { http: { url: "${trimmed(movingUrl)}/moves" }, concurrency: 20 }
queues:
  huge-dead-letters: {}
rules:
  one:
    eventPattern: { source: [faults] }
    targets: { healthy: { function: healthy }, hangs: { function: hangs }, crashes: { function: crashes }, resets: { function: resets } }
  two:
    eventPattern: { source: [faults] }
    targets: { slow: { function: slow }, huge: { function: huge }, moves: { function: moves } }
`;
  const called = ["healthy", "hangs", "crashes", "resets", "slow", "moves"];
  return {
    yaml,
    ends: new Map<string, Ends>([
      ...called.map((name) => [name, { delivered: true, places: [`function/${name}`] }] as const),
      ["huge", { delivered: false, places: ["queue/huge-dead-letters"] }],
    ]),
    queues: ["huge-dead-letters"],
  };
}

function trimmed(url: string): string {
  return url.replace(/\/$/, "");
}
