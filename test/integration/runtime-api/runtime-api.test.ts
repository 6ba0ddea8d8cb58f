import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Failure } from "../../../src/domain/failure/outcome.ts";
import { decodeRelayMessage, encodeRelayMessage, relayMark } from "../../../src/flow/hold/relay-message.ts";
import { eventually, within } from "../../contract/waiting.ts";
import {
  Broadcasts,
  HOST,
  invocation,
  poll,
  PREFIX,
  request,
  startBalancer,
  startGateway,
  used,
} from "../../support/functions/runtime-api-client.ts";

const root = join(import.meta.dirname, "../../..");
const MIB = 1_024 * 1_024;

describe("the Runtime API", { concurrency: 4 }, () => {
  describe("an invocation", () => {
    it("An invocation is given with Lambda's headers and body, and its response is its outcome", async (t) => {
      const gateway = await startGateway(t);
      const polled = poll(gateway.port);
      const traceparent = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
      const given = invocation({ payload: Buffer.from('{"name":"Zoë"}'), attempt: 3, traceparent });
      const before = Date.now();
      const outcome = gateway.give(given, 3_000);
      const { status, headers, text } = (await polled)!;
      assert.equal(status, 200);
      assert.equal(text, '{"name":"Zoë"}');
      const { date, connection, "lambda-runtime-deadline-ms": deadlineMs, ...rest } = headers;
      assert.ok(date !== undefined && connection !== undefined);
      assert.ok(Number(deadlineMs) >= before + 3_000 && Number(deadlineMs) <= Date.now() + 3_000, deadlineMs as string);
      assert.deepEqual(rest, {
        "content-type": "application/json",
        "content-length": "15",
        "lambda-runtime-aws-request-id": given.id,
        "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:000000000000:function:audit",
        "lambda-runtime-trace-id": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
        "busbar-attempt": "3",
      });
      const answered = await request(gateway.port, `POST invocation/${given.id}/response`, { body: '{"ok": 1.0}' });
      assert.deepEqual([answered.status, answered.text], [202, '{"status":"OK"}']);
      assert.deepEqual(await outcome, { ok: true, statusCode: 200, responseJson: '{"ok": 1.0}' });
    });

    it("An invocation has a trace of its own, as on Lambda, when it has no usable one, and the number of redrives", async (t) => {
      const gateway = await startGateway(t);
      const polled = poll(gateway.port);
      const id = "4d4ab6d6-6bd1-4a2c-a66b-9c0d2c6a1d11";
      const given = invocation({ id, redriven: 2, traceparent: "nonsense" });
      void gateway.give(given);
      const { status, headers } = (await polled)!;
      assert.equal(status, 200);
      const own = "Root=1-4d4ab6d6-6bd14a2ca66b9c0d2c6a1d11;Parent=a66b9c0d2c6a1d11;Sampled=0";
      assert.equal(headers["lambda-runtime-trace-id"], own);
      assert.equal(headers["busbar-redriven"], "2");
    });

    const answers = [
      [
        "an error's body",
        "error",
        '{"errorType":"ValueError","errorMessage":"no","stackTrace":["f"]}',
        "function_error",
        "ValueError: no",
      ],
      [
        "an error that is text",
        "error",
        "oops",
        "function_error",
        "the function reported an error without type or message",
      ],
    ] as const;
    for (const [what, kind, body, reason, message] of answers) {
      it(`An invocation ends as ${reason} by ${what}`, async (t) => {
        const gateway = await startGateway(t);
        const given = invocation();
        const { outcome } = await gateway.handOut(given);
        const answered = await request(gateway.port, `POST invocation/${given.id}/${kind}`, { body });
        assert.equal(answered.status, 202);
        const failure = (await outcome) as Failure;
        assert.deepEqual([failure.ok, failure.reason, failure.message], [false, reason, message]);
        assert.equal(failure.responseJson, body === "oops" ? '"oops"' : body);
      });
    }

    it("An invocation succeeds without a response when the answer is empty", async (t) => {
      const gateway = await startGateway(t);
      const given = invocation();
      const { outcome } = await gateway.handOut(given);
      await request(gateway.port, `POST invocation/${given.id}/response`);
      assert.deepEqual(await outcome, { ok: true, statusCode: 200 });
    });

    it("The Runtime API takes a response of 6,291,556 bytes and refuses one more byte, and the connection goes on", async (t) => {
      const gateway = await startGateway(t);
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      t.after(() => agent.destroy());
      const answerWith = async (length: number) => {
        const given = invocation();
        const { outcome } = await gateway.handOut(given, { agent });
        const body = `"${"x".repeat(length - 2)}"`;
        const answered = await request(gateway.port, `POST invocation/${given.id}/response`, { body, agent });
        return { answered, outcome: await outcome };
      };
      const fitting = await answerWith(6_291_556);
      assert.equal(fitting.answered.status, 202);
      assert.ok(fitting.outcome !== "gone" && fitting.outcome.responseJson?.length === 6_291_556);

      const { answered, outcome } = await answerWith(6_291_557);
      assert.equal(answered.status, 413);
      assert.equal((JSON.parse(answered.text) as { errorType: string }).errorType, "RequestEntityTooLarge");
      assert.equal((outcome as Failure).reason, "invalid_response");
      const error = JSON.parse((outcome as Failure).responseJson!) as { errorType: string; errorMessage: string };
      assert.equal(error.errorType, "Function.ResponseSizeTooLarge");
      assert.match(error.errorMessage, /\(6291556 bytes\)/);
      assert.equal((await answerWith(10)).answered.status, 202);
    });

    it("An invocation times out at its deadline in AWS's words, and a later answer is refused and counted", async (t) => {
      const gateway = await startGateway(t);
      const given = invocation();
      const startedMs = performance.now();
      const { outcome } = await gateway.handOut(given, { timeoutMs: 250 });
      const failure = (await outcome) as Failure;
      assert.ok(performance.now() - startedMs >= 249);
      const message = "Task timed out after 0.25 seconds";
      assert.deepEqual([failure.reason, failure.message], ["timeout", message]);
      assert.deepEqual(JSON.parse(failure.responseJson!), {
        errorType: "Sandbox.Timedout",
        errorMessage: `RequestId: ${given.id} Error: ${message}`,
      });
      const late = await request(gateway.port, `POST invocation/${given.id}/response`, { body: "1" });
      assert.equal(late.status, 400);
      assert.equal((JSON.parse(late.text) as { errorType: string }).errorType, "InvalidRequestID");
      assert.deepEqual(gateway.late, ["audit"]);
    });

    it("The Runtime API refuses a second answer as a wrong state, and does not count it as late", async (t) => {
      const gateway = await startGateway(t);
      const given = invocation();
      const { outcome } = await gateway.handOut(given);
      assert.equal((await request(gateway.port, `POST invocation/${given.id}/response`, { body: "1" })).status, 202);
      const again = await request(gateway.port, `POST invocation/${given.id}/error`, { body: "{}" });
      assert.equal(again.status, 403);
      assert.equal((JSON.parse(again.text) as { errorType: string }).errorType, "InvalidStateTransition");
      assert.deepEqual(await outcome, { ok: true, statusCode: 200, responseJson: "1" });
      assert.deepEqual(gateway.late, []);
    });

    it("An invocation is answered once for each environment that was given it, when a delivery is handed out twice", async (t) => {
      const gateway = await startGateway(t);
      const given = invocation();
      const both = [await gateway.handOut(given), await gateway.handOut(given)];
      for (const body of ["1", "2"]) {
        assert.equal((await request(gateway.port, `POST invocation/${given.id}/response`, { body })).status, 202);
      }
      const responses = (await Promise.all(both.map(({ outcome }) => outcome))).map(
        (outcome) => (outcome as { responseJson: string }).responseJson,
      );
      assert.deepEqual(responses, ["1", "2"]);
    });

    it("An invocation is not answered by another function's environment", async (t) => {
      const gateway = await startGateway(t);
      const given = invocation();
      const { outcome } = await gateway.handOut(given);
      const path = `POST invocation/${given.id}/response`;
      assert.equal((await request(gateway.port, path, { body: "1", host: "stock.busbar:9001" })).status, 400);
      assert.equal((await request(gateway.port, path, { body: "2" })).status, 202);
      assert.deepEqual(await outcome, { ok: true, statusCode: 200, responseJson: "2" });
    });

    it("An invocation is abandoned when its signal fires", async (t) => {
      const gateway = await startGateway(t);
      const abandon = new AbortController();
      const given = invocation();
      const { outcome } = await gateway.handOut(given, { signal: abandon.signal });
      const path = `POST invocation/${given.id}/response`;
      abandon.abort(new Error("the router stops"));
      await assert.rejects(outcome, /the router stops/);
      assert.equal((await request(gateway.port, path, { body: "1" })).status, 400);
    });
  });

  describe("a poll", () => {
    for (const host of [HOST, "audit", "AUDIT.busbar.svc.cluster.local", "audit:80"]) {
      it(`A poll at ${host} is for the function audit`, async (t) => {
        const gateway = await startGateway(t);
        const leave = new AbortController();
        const polled = poll(gateway.port, { host, signal: leave.signal });
        assert.equal((await gateway.nextPoll()).functionName, "audit");
        leave.abort();
        assert.equal(await polled, null);
      });
    }

    for (const host of ["127.0.0.1:9001", "[::1]:9001", "other.busbar:9001"]) {
      it(`A poll at ${host} is refused with a reason`, async (t) => {
        const gateway = await startGateway(t);
        const reply = (await poll(gateway.port, { host }))!;
        assert.equal(reply.status, 404);
        const { errorType, errorMessage } = JSON.parse(reply.text) as Record<string, string>;
        assert.equal(errorType, "FunctionNotFound");
        assert.match(errorMessage!, /AWS_LAMBDA_RUNTIME_API must be its name/);
      });
    }

    it("A poll whose connection is closed is gone, and takes nothing", async (t) => {
      const gateway = await startGateway(t);
      const leave = new AbortController();
      void poll(gateway.port, { signal: leave.signal });
      const waiting = await gateway.nextPoll();
      assert.equal(waiting.gone.aborted, false);
      leave.abort();
      await within("the poll is gone", used(waiting));
      assert.equal(await waiting.invoke(invocation(), 5_000, AbortSignal.timeout(5_000)), "gone");
    });

    it("A poll whose connection is closed while a long invocation is written is gone", async (t) => {
      const { socket, waiting } = await stalledPoll(await startGateway(t));
      const outcome = waiting.invoke(
        invocation({ payload: Buffer.from(`"${"x".repeat(32 * MIB)}"`) }),
        5_000,
        neverAborted(),
      );
      socket.destroy();
      assert.equal(await outcome, "gone");
    });

    it("A poll that does not read what it is given times out, and is cut off", async (t) => {
      const { socket, waiting } = await stalledPoll(await startGateway(t));
      const closed = once(socket, "close");
      const long = invocation({ payload: Buffer.from(`"${"x".repeat(32 * MIB)}"`) });
      const failure = (await waiting.invoke(long, 300, neverAborted())) as Failure;
      assert.equal(failure.reason, "timeout");
      socket.resume();
      await within("the connection is closed", closed);
    });

    it("A poll stays open while its handler fails, and is served when the handler recovers", async (t) => {
      const given = invocation();
      let calls = 0;
      const gateway = await startGateway(t, {
        onPoll: async (waiting) => {
          if (++calls === 1) throw new Error("the broker is away");
          await waiting.invoke(given, 5_000, neverAborted());
        },
      });
      const polled = (await poll(gateway.port))!;
      assert.equal(polled.headers["lambda-runtime-aws-request-id"], given.id);
      assert.equal(calls, 2);
      assert.match(gateway.errors[0]!.message, /a poll for function "audit" could not be served/);
      assert.equal((gateway.errors[0]!.cause as Error).message, "the broker is away");
      await request(gateway.port, `POST invocation/${given.id}/response`);
    });

    it("A poll is closed when its handler has nothing for it", async (t) => {
      const gateway = await startGateway(t, { onPoll: () => Promise.resolve() });
      assert.equal(await within("the poll ends", poll(gateway.port)), null);
    });
  });

  describe("a request", () => {
    for (const what of ["GET invocation/last", "POST invocation/next", "GET invocation/1/response", "POST init/oops"]) {
      it(`A request for ${what} is answered 404`, async (t) => {
        const gateway = await startGateway(t);
        const reply = await request(gateway.port, what);
        assert.equal(reply.status, 404);
        assert.equal((JSON.parse(reply.text) as { errorType: string }).errorType, "NotFound");
      });
    }

    it("A request that reports a failed start is taken and reported", async (t) => {
      const gateway = await startGateway(t);
      const body = '{"errorType":"Runtime.ImportModuleError","errorMessage":"Unable to import module \'app\'"}';
      assert.equal((await request(gateway.port, "POST init/error", { body })).status, 202);
      assert.deepEqual(
        gateway.errors.map(({ message }) => message),
        [`function "audit" cannot start: Runtime.ImportModuleError: Unable to import module 'app'`],
      );
    });
  });

  describe("two routers", () => {
    async function startTwo(t: Parameters<typeof startGateway>[0]) {
      const broker = new Broadcasts();
      return {
        broker,
        owner: await startGateway(t, { broker: broker.connect() }),
        other: await startGateway(t, { broker: broker.connect() }),
      };
    }

    it("Two routers bring an answer to the one that holds the invocation, as it is and once", async (t) => {
      const { broker, owner, other } = await startTwo(t);
      const given = invocation();
      const { outcome } = await owner.handOut(given, { timeoutMs: 60_000 });
      const body = `"${"ö".repeat(3 * MIB - 1)}"`;
      assert.equal((await request(other.port, `POST invocation/${given.id}/response`, { body })).status, 202);
      const settled = await outcome;
      assert.ok(settled !== "gone" && settled.responseJson === body);
      assert.equal(broker.bodies.length, 1);
      assert.ok(broker.bodies[0]!.length < 1_000, "all routers get the question only");
      const whole = broker.sent.filter(([, sent]) => sent.length > 6 * MIB);
      assert.equal(whole.length, 1);
      assert.ok(whole[0]![1].length < 6 * MIB + 1_000, "the body travels as it is");
      assert.equal((await request(other.port, `POST invocation/${given.id}/response`, { body: "1" })).status, 400);
    });

    it("Two routers collect a streamed answer, and keep that it begins with its status and headers", async (t) => {
      const { owner, other } = await startTwo(t);
      const sink = { begin: () => assert.fail(), write: () => assert.fail() };
      const given = invocation({ sink });
      const { outcome } = await owner.handOut(given);
      const headers = {
        "lambda-runtime-function-response-mode": "streaming",
        "content-type": "application/vnd.awslambda.http-integration-response",
      };
      const body = '{"statusCode":404}\0\0\0\0\0\0\0\0there is none';
      const { status } = await request(other.port, `POST invocation/${given.id}/response`, { headers, body });
      assert.equal(status, 202);
      const responseJson = JSON.stringify(body);
      assert.deepEqual(await outcome, { ok: true, statusCode: 200, responseJson, beginsWithHead: true });
    });

    it("Two routers settle by a refused answer too", async (t) => {
      const { owner, other } = await startTwo(t);
      const given = invocation();
      const { outcome } = await owner.handOut(given);
      const body = `"${"x".repeat(6_291_555)}"`;
      assert.equal((await request(other.port, `POST invocation/${given.id}/response`, { body })).status, 413);
      assert.equal(((await outcome) as Failure).reason, "invalid_response");
    });

    it("Two routers count a late answer once, at the one that got it", async (t) => {
      const { owner, other } = await startTwo(t);
      const given = invocation();
      const { outcome } = await owner.handOut(given, { timeoutMs: 20 });
      assert.equal(((await outcome) as Failure).reason, "timeout");
      const startedMs = performance.now();
      assert.equal((await request(other.port, `POST invocation/${given.id}/error`, { body: "{}" })).status, 400);
      assert.ok(performance.now() - startedMs < 15_000);
      assert.deepEqual([owner.late, other.late], [[], ["audit"]]);
    });

    it("Two routers refuse an answer at once that the broker does not take, and log why", async (t) => {
      const { broker, owner, other } = await startTwo(t);
      const given = invocation();
      const { outcome } = await owner.handOut(given, { timeoutMs: 500 });
      broker.failure = new Error("the broker is away");
      assert.equal((await request(other.port, `POST invocation/${given.id}/response`, { body: "1" })).status, 400);
      assert.equal((other.errors[0]!.cause as Error).message, "the broker is away");
      assert.equal(((await outcome) as Failure).reason, "timeout");
    });

    it("Two routers ignore other broadcasts", async (t) => {
      const { broker, owner, other } = await startTwo(t);
      const mark = relayMark("runtime-api");
      const relayed = encodeRelayMessage(mark, {
        type: "answer",
        ask: "1",
        from: "router-1",
        scope: "audit",
        id: "1",
        answer: { fields: { kind: "error" }, body: Buffer.from("x") },
      });
      for (const noise of [Buffer.alloc(0), Buffer.from("reload"), relayed.subarray(0, 22), relayed.subarray(0, 40)]) {
        assert.equal(decodeRelayMessage(mark, noise), undefined);
        await broker.broadcast(noise);
      }
      const given = invocation();
      const { outcome } = await owner.handOut(given);
      assert.equal((await request(other.port, `POST invocation/${given.id}/response`, { body: "1" })).status, 202);
      assert.deepEqual(await outcome, { ok: true, statusCode: 200, responseJson: "1" });
    });

    it("Two routers answer 1,000 invocations once each behind a balancer that picks a router for each request", async (t) => {
      const left = Array.from({ length: 1_000 }, (_, n) => invocation({ payload: Buffer.from(String(n)) }));
      const responses: (string | undefined)[] = [];
      const broker = new Broadcasts();
      const onPoll = async (waiting: Parameters<typeof used>[0]) => {
        const given = left.pop();
        if (given === undefined) return used(waiting);
        const outcome = await waiting.invoke(given, 5_000, neverAborted());
        assert.ok(outcome !== "gone" && outcome.ok, JSON.stringify(outcome));
        responses.push(outcome.responseJson);
      };
      const gateways = [
        await startGateway(t, { broker: broker.connect(), onPoll }),
        await startGateway(t, { broker: broker.connect(), onPoll }),
      ];
      const balancer = await startBalancer(
        t,
        gateways.map(({ port }) => port),
      );
      const statuses = new Map<number | undefined, number>();
      const stop = new AbortController();
      const environments = Array.from({ length: 7 }, async () => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        for (;;) {
          const next = await poll(balancer.port, { agent, signal: stop.signal });
          if (next === null) return agent.destroy();
          const id = next.headers["lambda-runtime-aws-request-id"];
          const { status } = await request(balancer.port, `POST invocation/${String(id)}/response`, {
            body: next.text,
            agent,
          });
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      });
      await eventually("every invocation is answered", () => responses.length === 1_000, 60_000);
      stop.abort();
      await Promise.all(environments);
      assert.equal(new Set(responses).size, 1_000);
      assert.deepEqual([...statuses], [[202, 1_000]]);
      assert.ok(broker.bodies.length > 500, `${broker.bodies.length} messages were relayed`);
      assert.deepEqual(
        gateways.flatMap(({ late, errors }) => [...late, ...errors]),
        [],
      );
    });
  });

  describe("closing", () => {
    it("Closing the Runtime API ends waiting polls at once, and lets what is in hand be answered on a new connection", async (t) => {
      const gateway = await startGateway(t);
      const given = invocation();
      const { outcome } = await gateway.handOut(given);
      const idle = poll(gateway.port);
      const waiting = await gateway.nextPoll();
      const closed = gateway.close(10_000);
      assert.equal(await within("the waiting poll ends", idle), null);
      assert.equal(waiting.gone.aborted, true);
      assert.equal(await within("a new poll ends", poll(gateway.port)), null);
      assert.equal((await request(gateway.port, `POST invocation/${given.id}/response`, { body: "1" })).status, 202);
      assert.deepEqual(await outcome, { ok: true, statusCode: 200, responseJson: "1" });
      await within("the gateway is closed", closed, 2_000);
      await assert.rejects(request(gateway.port, "POST init/error"), { code: "ECONNREFUSED" });
    });

    it("Closing the Runtime API waits no longer than its bound for answers", async (t) => {
      const gateway = await startGateway(t);
      const abandon = new AbortController();
      const { outcome } = await gateway.handOut(invocation(), { timeoutMs: 60_000, signal: abandon.signal });
      setTimeout(() => abandon.abort(), 200);
      await Promise.all([within("the gateway is closed", gateway.close(200), 2_000), assert.rejects(outcome)]);
    });
  });

  for (const [name, command, error] of [
    [
      "Python",
      ["python3", "runtimes/python/bootstrap.py", "examples/order-processor/app.lambda_handler"],
      "ValueError",
    ],
    ["Node.js", [process.execPath, "runtimes/nodejs/bootstrap.mjs", "examples/notifier/index.handler"], undefined],
  ] as const) {
    it(`The Runtime API serves the ${name} bootstrap through a balancer over two routers`, async (t) => {
      const broker = new Broadcasts();
      const gateways = [
        await startGateway(t, { broker: broker.connect() }),
        await startGateway(t, { broker: broker.connect() }),
      ];
      const balancer = await startBalancer(
        t,
        gateways.map(({ port }) => port),
      );
      const env = { PATH: process.env["PATH"], AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${balancer.port}` };
      const child = spawn(command[0], command.slice(1), { cwd: root, env, stdio: "ignore" });
      const exited = once(child, "exit");
      t.after(async () => {
        child.kill("SIGKILL");
        await exited;
      });
      const give = async (order: unknown) => {
        const given = invocation({ payload: Buffer.from(JSON.stringify(order)) });
        await eventually("a poll waits", () => gateways.some(({ polls }) => polls.length > 0));
        return gateways.find(({ polls }) => polls.length > 0)!.give(given);
      };
      for (const orderId of ["o-1", "o-2", "o-3"]) {
        const outcome = await give({ orderId, total: 1 });
        assert.ok(outcome !== "gone" && outcome.ok);
        assert.equal((JSON.parse(outcome.responseJson!) as { orderId: string }).orderId, orderId);
      }
      if (error === undefined) return;
      const outcome = (await give({ orderId: "o-4", total: 1, fail: true })) as Failure;
      assert.deepEqual([outcome.reason, outcome.message], ["function_error", `${error}: Order o-4 asked to fail`]);
    });
  }
});

function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

/** A poll of an environment that reads nothing. */
async function stalledPoll(gateway: Awaited<ReturnType<typeof startGateway>>) {
  const socket = net.connect(gateway.port, "127.0.0.1").pause();
  socket.on("error", () => undefined);
  socket.write(`GET ${PREFIX}invocation/next HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  return { socket, waiting: await gateway.nextPoll() };
}
