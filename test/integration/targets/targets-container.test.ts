import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, it } from "node:test";
import type { FunctionConfig } from "../../../src/domain/target/function.ts";
import type { Invoker } from "../../../src/ports/functions/functions.ts";
import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import type { ContainerOptions } from "../../../src/edge/targets/container/container.ts";
import { containerInvoker } from "../../../src/edge/targets/container/container.ts";
import type { TestServer } from "../../support/http/http-target.ts";
import { closedPort, functionConfig, invocation, NEVER, serveHttp } from "../../support/http/http-target.ts";

type Answering = (response: ServerResponse, call: number) => void;

/** Like the emulator: a call that comes while another runs crashes it. */
interface Emulator extends TestServer {
  readonly calls: IncomingMessage[];
  overlaps: number;
}

const opened: { close?(): Promise<void>; stop?(): Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await (thing.close?.() ?? thing.stop?.());
});

async function startEmulator(answering: Answering, host = "127.0.0.1", port = 0): Promise<Emulator> {
  const calls: IncomingMessage[] = [];
  let running = false;
  const server = await serveHttp(
    (request, response) => {
      if (running) {
        emulator.overlaps++;
        response.writeHead(502).end('{"errorType":"Runtime.ExitError","errorMessage":"overlap"}');
        return;
      }
      running = true;
      // It is busy until it has answered, whether or not its caller still listens.
      response.once("finish", () => (running = false));
      calls.push(request);
      answering(response, calls.length);
    },
    host,
    port,
  );
  const emulator: Emulator = { ...server, calls, overlaps: 0 };
  opened.push(emulator);
  return emulator;
}

const answer =
  (statusCode: number, body: string): Answering =>
  (response) =>
    response.writeHead(statusCode, { "content-type": "text/plain" }).end(body);

/** What an attempt that overran its time is recorded as, of every kind of function that runs a handler. */
function timedOut(seconds: string): string {
  const errorMessage = `RequestId: ${invocation().id} Error: Task timed out after ${seconds} seconds`;
  return JSON.stringify({ errorType: "Sandbox.Timedout", errorMessage });
}

/** A name that resolves to what `addresses` holds at the time. */
function resolving(addresses: readonly string[]): Required<ContainerOptions>["resolve"] {
  return () =>
    addresses.length > 0
      ? Promise.resolve([...addresses])
      : Promise.reject(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }));
}

function invokerFor(port: number, options: ContainerOptions = {}, fn: Partial<FunctionConfig> = {}): Invoker {
  const url = `http://legacy:${port}`;
  const config = functionConfig({ kind: "container", url }, fn);
  const invoker = containerInvoker(config, { resolve: resolving(["127.0.0.1"]), refreshMs: 20, ...options });
  opened.push(invoker);
  return invoker;
}

async function callOnce(answering: Answering): Promise<Outcome> {
  const emulator = await startEmulator(answering);
  return invokerFor(emulator.port).invoke(invocation(), NEVER);
}

/** Waits for the capacity to become what is expected. */
async function capacityOf({ capacity }: Invoker, expected: number): Promise<void> {
  assert.ok(capacity !== undefined);
  const reached = Promise.withResolvers<undefined>();
  const look = () => capacity.current() === expected && reached.resolve(undefined);
  capacity.onChange(look);
  look();
  const bound = setTimeout(() => reached.reject(new Error(`capacity is ${capacity.current()}`)), 5_000);
  await reached.promise;
  clearTimeout(bound);
}

describe("a container function", () => {
  it("A container function is called as the Lambda emulator wants it, under its own name", async () => {
    const emulator = await startEmulator(answer(200, '{"done":true}'));
    const outcome = await invokerFor(emulator.port).invoke(invocation(), NEVER);
    assert.deepEqual(outcome, { ok: true, statusCode: 200, responseJson: '{"done":true}' });
    const [request] = emulator.calls;
    assert.equal(`${request?.method ?? ""} ${request?.url ?? ""}`, "POST /2015-03-31/functions/function/invocations");
    assert.equal(request?.headers.host, `legacy:${emulator.port}`);
  });

  it("A container function is found through the system's resolver", async () => {
    const emulator = await startEmulator(answer(200, "null"));
    const config = functionConfig({ kind: "container", url: `http://localhost:${emulator.port}/` });
    const invoker = containerInvoker(config);
    opened.push(invoker);
    assert.deepEqual(await invoker.invoke(invocation(), NEVER), { ok: true, statusCode: 200, responseJson: "null" });
    assert.equal(invoker.capacity?.current(), 1);
  });

  const error = '{"errorMessage":"I failed!","errorType":"Exception","stackTrace":[]}';
  const exit = '{"errorType":"Runtime.ExitError","errorMessage":"exit status 1"}';
  const cancelled = '{"errorType":"Sandbox.Failure","errorMessage":"RequestId: 1 Error: ErrGateCanceled"}';
  const answers: [string, number, string, string, string | undefined][] = [
    ["an error of the handler", 200, error, "function_error", error],
    ["an exit of the process", 502, exit, "function_error", exit],
    ["a time-out", 200, "Task timed out after 3.00 seconds", "timeout", timedOut("3.00")],
    ["a time-out in JSON", 200, timedOut("3.00"), "timeout", timedOut("3.00")],
    ["a call that it has cancelled itself", 502, cancelled, "server_error", cancelled],
    ["an error of the handler's that is named as one of its own", 200, cancelled, "function_error", cancelled],
    ["a 400 without a body", 400, "", "throttled", undefined],
    ["a 400 with a body", 400, "bad", "client_error", '"bad"'],
    ["a 500", 500, '{"errorType":"ClientContextError"}', "server_error", '{"errorType":"ClientContextError"}'],
    ["a 502 of something between", 502, "Bad Gateway", "server_error", '"Bad Gateway"'],
  ];
  for (const [what, statusCode, body, reason, responseJson] of answers) {
    it(`A container function fails as ${reason} when it answers ${what}`, async () => {
      const outcome = await callOnce(answer(statusCode, body));
      assert.ok(!outcome.ok);
      assert.deepEqual([outcome.reason, outcome.responseJson, outcome.statusCode], [reason, responseJson, statusCode]);
    });
  }

  it("A container function may return a text that reads like a time-out", async () => {
    const outcome = await callOnce(answer(200, '"Task timed out after 3.00 seconds"'));
    assert.ok(outcome.ok);
  });

  it("A container function fails as connection when nothing listens at its address", async () => {
    const outcome = await invokerFor(await closedPort()).invoke(invocation(), NEVER);
    assert.equal(!outcome.ok && outcome.reason, "connection");
  });

  it("A container function fails as connection when its name does not resolve, and is found when it does", async () => {
    const emulator = await startEmulator(answer(200, "{}"));
    const addresses: string[] = [];
    const invoker = invokerFor(emulator.port, { resolve: () => resolving(addresses)("legacy"), refreshMs: 60_000 });
    const outcome = await invoker.invoke(invocation(), NEVER);
    assert.ok(!outcome.ok);
    assert.equal(outcome.reason, "connection");
    assert.equal(outcome.message, "legacy has no address: ENOTFOUND");
    assert.equal(invoker.capacity?.current(), 1);
    addresses.push("127.0.0.1");
    assert.ok((await invoker.invoke(invocation(), NEVER)).ok);
  });
});

describe("a container function's addresses", () => {
  it("A container function's addresses take one call each at a time", async () => {
    const slowly: Answering = (response) => void setTimeout(() => response.end("{}"), 5);
    const one = await startEmulator(slowly);
    const two = await startEmulator(slowly, "127.0.0.2", one.port);
    const invoker = invokerFor(one.port, { resolve: resolving(["127.0.0.1", "127.0.0.2"]) });
    await capacityOf(invoker, 2);
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => invoker.invoke(invocation(), NEVER)));
    assert.ok(outcomes.every(({ ok }) => ok));
    assert.deepEqual([one.overlaps, two.overlaps], [0, 0]);
    assert.equal(one.calls.length + two.calls.length, 40);
    assert.ok(one.calls.length >= 10 && two.calls.length >= 10, `${one.calls.length} and ${two.calls.length}`);
  });

  it("A container function's addresses take turns, so that a dead one does not get every call", async () => {
    const emulator = await startEmulator(answer(200, "{}"));
    const invoker = invokerFor(emulator.port, { resolve: resolving(["127.0.0.2", "127.0.0.1"]), refreshMs: 60_000 });
    await capacityOf(invoker, 2);
    const dead = await invoker.invoke(invocation(), NEVER);
    assert.equal(!dead.ok && dead.reason, "connection");
    assert.ok((await invoker.invoke(invocation(), NEVER)).ok);
  });

  it("A container function's addresses change the capacity as they come and go, up to the concurrency", async () => {
    const addresses = ["127.0.0.1"];
    const resolve = () => resolving(addresses)("legacy");
    const invoker = invokerFor(await closedPort(), { resolve }, { concurrency: 3 });
    await capacityOf(invoker, 1);
    addresses.push("127.0.0.2");
    await capacityOf(invoker, 2);
    addresses.push("127.0.0.3", "127.0.0.4");
    await capacityOf(invoker, 3);
    addresses.length = 0;
    await capacityOf(invoker, 1);
  });

  it("A container function's addresses stay when the name server is down", async () => {
    const emulator = await startEmulator(answer(200, "{}"));
    const failedOften = Promise.withResolvers<undefined>();
    let lookups = 0;
    const resolve = () => {
      if (++lookups === 4) failedOften.resolve(undefined);
      return lookups === 1
        ? Promise.resolve(["127.0.0.1"])
        : Promise.reject(Object.assign(new Error("try again"), { code: "EAI_AGAIN" }));
    };
    const invoker = invokerFor(emulator.port, { resolve });
    await failedOften.promise;
    assert.ok((await invoker.invoke(invocation(), NEVER)).ok);
  });

  it("A container function's addresses get no second call when one leaves the name and comes back during a call", async () => {
    const called = Promise.withResolvers<ServerResponse>();
    const emulator = await startEmulator((response, call) =>
      call === 1 ? called.resolve(response) : response.end("{}"),
    );
    const addresses = ["127.0.0.1"];
    const invoker = invokerFor(emulator.port, { resolve: () => resolving(addresses)("legacy") }, { timeoutSeconds: 5 });
    const first = invoker.invoke(invocation(), NEVER);
    const response = await called.promise;
    addresses[0] = "127.0.0.9";
    await capacityOf(invoker, 2);
    addresses[0] = "127.0.0.1";
    await capacityOf(invoker, 1);
    const second = invoker.invoke(invocation(), NEVER);
    response.end('"first"');
    assert.deepEqual(await first, { ok: true, statusCode: 200, responseJson: '"first"' });
    assert.ok((await second).ok);
    assert.equal(emulator.overlaps, 0);
  });
});

describe("a call of a container function that is not answered in time", () => {
  it("A container call that is not answered in time is a timeout, and its address gets the next call once the emulator has answered", async () => {
    const held = Promise.withResolvers<ServerResponse>();
    const emulator = await startEmulator((response, call) =>
      call === 1 ? held.resolve(response) : response.end("{}"),
    );
    const invoker = invokerFor(emulator.port, { graceMs: 200 }, { timeoutSeconds: 0.1 });
    const startedMs = performance.now();
    const outcome = await invoker.invoke(invocation(), NEVER);
    const tookMs = performance.now() - startedMs;
    assert.ok(!outcome.ok);
    assert.deepEqual([outcome.reason, outcome.responseJson], ["timeout", timedOut("0.10")]);
    assert.ok(tookMs >= 290 && tookMs < 5_000, `${tookMs} ms`);
    const next = invoker.invoke(invocation(), NEVER);
    (await held.promise).end("{}");
    assert.ok((await next).ok);
    assert.equal(emulator.overlaps, 0);
    assert.equal(emulator.calls.length, 2);
  });

  it("A container call that is not answered in time holds its address for the same time once more when the emulator never answers", async () => {
    const arrivalsMs: number[] = [];
    const hungUp = Promise.withResolvers<boolean>();
    const server = await serveHttp((request, response) => {
      arrivalsMs.push(performance.now());
      if (arrivalsMs.length === 1) request.socket.once("close", () => hungUp.resolve(true));
      else response.end("{}");
    });
    opened.push(server);
    const invoker = invokerFor(server.port, { graceMs: 200 }, { timeoutSeconds: 0.1 });
    const first = await invoker.invoke(invocation(), NEVER);
    assert.equal(!first.ok && first.reason, "timeout");
    assert.ok((await invoker.invoke(invocation(), NEVER)).ok);
    const [firstMs = 0, secondMs = 0] = arrivalsMs;
    assert.ok(secondMs - firstMs >= 580, `${secondMs - firstMs} ms`);
    assert.ok(await hungUp.promise);
  });

  it("A container call that is not answered in time lets others wait for its address for twice the time of a call, at most 60 s", async (t) => {
    const server = await serveHttp(() => undefined);
    opened.push(server);
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.enable({ apis: ["setTimeout"] });
    for (const [timeoutSeconds, waitSeconds] of [
      [1, 6],
      [900, 60],
    ] as const) {
      const invoker = invokerFor(server.port, {}, { timeoutSeconds });
      const messages: string[] = [];
      // The first call has the address, and the second gets it when that call is over. The third waits in vain.
      for (let call = 0; call < 3; call++) {
        invoker.invoke(invocation(), NEVER).then(
          (outcome) => outcome.ok || messages.push(outcome.message),
          () => undefined,
        );
      }
      const busy = `every container of legacy stayed busy for ${waitSeconds} s`;
      await turn();
      t.mock.timers.tick(waitSeconds * 1_000 - 1);
      await turn();
      assert.ok(!messages.includes(busy));
      t.mock.timers.tick(1);
      await turn();
      assert.ok(messages.includes(busy), messages.join());
    }
  });

  it("A container call that is not answered in time keeps its address taken when it is aborted", async () => {
    const held = Promise.withResolvers<ServerResponse>();
    const emulator = await startEmulator((response, call) =>
      call === 1 ? held.resolve(response) : response.end("{}"),
    );
    const invoker = invokerFor(emulator.port);
    const stop = new AbortController();
    const first = invoker.invoke(invocation(), stop.signal);
    const response = await held.promise;
    stop.abort(new Error("the router stops"));
    await assert.rejects(first, /the router stops/);
    const waiting = new AbortController();
    const calledOff = invoker.invoke(invocation(), waiting.signal);
    const next = invoker.invoke(invocation(), NEVER);
    waiting.abort();
    await assert.rejects(calledOff);
    response.end("{}");
    assert.ok((await next).ok);
    assert.equal(emulator.overlaps, 0);
    assert.equal(emulator.calls.length, 2);
  });
});
