import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { before, describe, it } from "node:test";
import { eventually, within } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import { readBody, serveHttp } from "../../support/http/http-target.ts";
import type { Ending } from "../../support/rabbitmq/rabbitmq.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { Router } from "../../support/router/router.ts";

interface Ledger {
  readonly balances: Readonly<Record<string, number>>;
  readonly keys: number;
  readonly repetitions: number;
}

/** Starts the example as its README says; resolves with its URL. */
async function startExample(ending: Ending): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "busbar-ledger-"));
  ending.after(() => rm(folder, { recursive: true }));
  const env = { PATH: process.env["PATH"], PORT: "0", DATABASE: join(folder, "ledger.sqlite") };
  const file = "examples/idempotent-consumer/server.mjs";
  const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "pipe", "inherit"] });
  ending.after(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  const [line] = (await within("the example listens", once(createInterface(child.stdout), "line"))) as [string];
  return `http://127.0.0.1:${/\d+$/.exec(line)?.[0]}`;
}

/** Passes calls on to the example, and holds its answers back on demand. */
class Forwarder {
  readonly #exampleUrl: string;
  isHolding = true;
  held = 0;

  constructor(exampleUrl: string) {
    this.#exampleUrl = exampleUrl;
  }

  readonly pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const headers = { "busbar-delivery-id": String(request.headers["busbar-delivery-id"]) };
    const answer = await fetch(this.#exampleUrl, { method: "POST", headers, body: await readBody(request) });
    const text = await answer.text();
    if (this.isHolding) this.held += 1;
    else response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
  };
}

for (const kind of ["embedded", "RabbitMQ"] as const) {
  describe(`A consumer that must act once, on ${kind}`, () => {
    let exampleUrl: string;
    let forwarder: Forwarder;
    let router: Router;
    const endings = suiteEndings();

    before(async () => {
      exampleUrl = await startExample(endings);
      forwarder = new Forwarder(exampleUrl);
      const front = await serveHttp((request, response) => void forwarder.pass(request, response));
      endings.after(() => front.stop());
      const config = `
functions:
  credits: { http: { url: "${front.url}" }, concurrency: 5, timeoutSeconds: 60 }
rules:
  all: { eventPattern: { source: [test] }, targets: { credits: { function: credits } } }
`;
      const broker = kind === "embedded" ? "embedded" : await freshVhost(endings, ["busbar.function.credits"]);
      router = await Router.start({ config, env: { BUSBAR_BROKER: broker } });
      endings.after(() => router.remove());
    });

    async function ledger(): Promise<Ledger> {
      return (await (await fetch(exampleUrl)).json()) as Ledger;
    }

    async function settled(): Promise<number> {
      return router.metric('busbar_deliveries_settled_total{destination="function/credits",verdict="done"}');
    }

    it("An idempotent consumer that is called again after a crash of the router books every credit once", async () => {
      const credits = Array.from({ length: 10 }, () => ({ detail: { customer: "ada", cents: 50 } }));
      await router.put(credits);
      await router.put(credits);
      await eventually("five credits are booked, and their answers are on the way", () => forwarder.held === 5);
      assert.deepEqual(await ledger(), { balances: { ada: 250 }, keys: 5, repetitions: 0 });

      await router.kill();
      forwarder.isHolding = false;
      await router.launch();
      await eventually("every delivery is settled", async () => (await settled()) === 20, 60_000);
      assert.deepEqual(await ledger(), { balances: { ada: 1_000 }, keys: 20, repetitions: 5 });
    });

    it("An idempotent consumer books a credit once that is put twice with one key", async () => {
      const before = await ledger();
      const detail = { customer: "grace", cents: 70, idempotencyKey: "invoice-7" };
      const first = await router.put([{ detail }]);
      const second = await router.put([{ detail }]);
      assert.notEqual(first.eventIds[0], second.eventIds[0]);
      await eventually("both were handled", async () => (await ledger()).repetitions === before.repetitions + 1);
      assert.equal((await ledger()).balances["grace"], 70);
    });
  });
}
