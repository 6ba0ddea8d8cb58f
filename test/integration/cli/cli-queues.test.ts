import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { eventually } from "../../contract/waiting.ts";
import { after, before, describe, it } from "node:test";
import { DEAD_LETTER_QUEUE } from "../../../src/domain/queue/queues.ts";
import { BareRouter } from "../../support/router/bare-router.ts";
import { ROOT } from "../../support/router/checkout.ts";
import { busbar, busbarProcess } from "../../support/router/command-line.ts";
import { freePorts } from "../../support/http/free-ports.ts";

describe("busbar queues", () => {
  let router: BareRouter;
  before(async () => void (router = await BareRouter.start()));
  after(() => router.stop());

  const queues = (...args: readonly string[]) => busbar(["queues", ...args, "--admin-url", router.adminUrl]);

  async function fill(queue: string, bodies: readonly string[]): Promise<void> {
    await router.broker.holds.clear(queue);
    const headers = { "busbar-rule": "keep", "busbar-first-at": 1, "x-death": "a" };
    await router.broker.publish(
      bodies.map((body, index) => ({ queue, id: `m-${index}`, headers, body: Buffer.from(body) })),
    );
  }

  async function ready(queue: string): Promise<number | undefined> {
    return (await router.broker.depth(queue))?.ready;
  }

  it("queues lists the configured queues and the two for failures", async () => {
    await fill("orders", ["{}", "{}"]);
    const table = [
      "NAME                READY  CONSUMERS  FROM",
      "orders                  2          0  a file",
      "empty                   0          0  a file",
      "busbar.dead-letter      0          0  Busbar",
      "busbar.parked           0          0  Busbar",
      "",
    ];
    const listed = { code: 0, stdout: table.join("\n"), stderr: "" };
    assert.deepEqual(await queues(), listed);
    assert.deepEqual(await queues("list"), listed);
  });

  it("queues list --json prints JSON", async () => {
    await fill(DEAD_LETTER_QUEUE, ["{}"]);
    const { stdout } = await queues("list", "--json");
    const depths = JSON.parse(stdout) as { name: string; ready: number }[];
    assert.equal(depths.find(({ name }) => name === DEAD_LETTER_QUEUE)?.ready, 1);
  });

  it("queues peek shows messages, leaves them and says what that costs", async () => {
    await fill("orders", ['{"total":1.50}', "not JSON", "{}"]);
    assert.deepEqual(await queues("peek", "orders", "--limit", "2"), {
      code: 0,
      stdout: [
        "id           m-0",
        "busbar-rule  keep",
        "{",
        '  "total": 1.50',
        "}",
        "",
        "id           m-1",
        "busbar-rule  keep",
        "not JSON",
        "",
      ].join("\n"),
      stderr: "A peek counts as a redelivery of each message it shows.\n",
    });
    assert.equal(await ready("orders"), 3);
  });

  it("queues receive --delete shows messages and removes them", async () => {
    await fill("orders", ["1", "2", "3"]);
    const { code, stdout, stderr } = await queues("receive", "orders", "--max", "2", "--delete", "--json");
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const messages = JSON.parse(stdout) as { id: string; headers: Record<string, unknown>; body: string }[];
    assert.deepEqual(
      messages.map(({ id, body }) => [id, body]),
      [
        ["m-0", "1"],
        ["m-1", "2"],
      ],
    );
    assert.equal(messages[0]?.headers["busbar-first-at"], 1);
    assert.equal(await ready("orders"), 1);
  });

  it("queues receive hides messages, and says for how long", async () => {
    await fill("orders", ["1", "2"]);
    const note = "Nobody else receives it for 1 s; --delete deletes what it shows.\n";
    const shown = await queues("receive", "orders", "--max", "1", "--visibility", "1");
    assert.deepEqual([shown.code, shown.stderr], [0, note]);
    assert.match(shown.stdout, /^id +m-0\n[^]*\n1\n$/);
    assert.equal(await ready("orders"), 1);
    await eventually("it is back", async () => (await ready("orders")) === 2);
    const byDefault = await queues("receive", "orders");
    assert.match(byDefault.stderr, /^Nobody else receives them for 30 s;/);
  });

  it("queues receive waits for a message that queues send sends, and deletes it", async () => {
    await fill("orders", []);
    const receiving = queues("receive", "orders", "--wait", "20", "--delete", "--json");
    await eventually("it waits", () => Promise.resolve(router.queues?.waiting === 1));
    const sent = await queues("send", "orders", "--body", "hi", "--attribute", "a=b=c", "--attribute", "d=e");
    const id = /^orders: message (\S+) sent\n$/.exec(sent.stdout)?.[1];
    const { stdout } = await receiving;
    const [message] = JSON.parse(stdout) as { id: string; headers: Record<string, unknown>; body: string }[];
    assert.deepEqual(
      [message?.id, message?.body, message?.headers["a"], message?.headers["d"]],
      [id, "hi", "b=c", "e"],
    );
    const counts = { visible: 0, invisible: 0, delayed: 0 };
    await eventually("it is gone", async () => isDeepStrictEqual(await router.broker.holds.counts("orders"), counts));
  });

  it("queues show says what a queue is, has, and is filled by", async () => {
    await fill("orders", ["1"]);
    await queues("send", "orders", "--body", "later", "--delay", "900");
    const { stdout } = await queues("show", "orders");
    const fields = new Map(
      stdout
        .trim()
        .split("\n")
        .map((line) => /^(.+?) {2,}(.*)$/.exec(line)?.slice(1, 3) as [string, string]),
    );
    assert.equal(fields.get("visible"), "1");
    assert.equal(fields.get("delayed"), "1");
    assert.equal(fields.get("visibility timeout"), "30 s");
    assert.match(fields.get("oldest") ?? "", /^\d{4}-.*Z$/);
    assert.equal(fields.get("redrive policy"), "none");
  });

  it("what a message may not be is refused by queues send", async () => {
    assert.match((await queues("send", "orders", "--body", "x", "--delay", "901")).stderr, /It must be 0..900/);
    assert.match((await queues("send", "orders", "--body", "x", "--attribute", "x")).stderr, /It must be name=value/);
    const { stderr } = await queues("send", "orders", "--body", "x", "--attribute", "a b=c");
    assert.match(stderr, /^the body is wrong: attributes.a b .*name of an attribute/);
  });

  it("queues receive says that a queue is empty", async () => {
    const stderr = "empty has no message to receive\n";
    assert.deepEqual(await queues("receive", "empty"), { code: 0, stdout: "", stderr });
  });

  it("queues purge deletes messages only with --yes", async () => {
    await fill("orders", ["1", "2"]);
    const stderr = "this deletes every message in orders: add --yes to do it\n";
    assert.deepEqual(await queues("purge", "orders"), { code: 1, stdout: "", stderr });
    assert.equal(await ready("orders"), 2);
    const stdout = "orders: 2 messages deleted\n";
    assert.deepEqual(await queues("purge", "orders", "--yes"), { code: 0, stdout, stderr: "" });
    assert.equal(await ready("orders"), 0);
  });

  it("queues receive prints the router's answer about an unknown queue", async () => {
    const { code, stdout, stderr } = await queues("receive", "ordres");
    assert.match(stderr, /^.*"ordres".*\n$/);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  });

  it("a misspelt subcommand of queues gets a suggestion", async () => {
    const { code, stderr } = await queues("pek", "orders");
    assert.equal(stderr, `error: unknown command 'pek', did you mean "peek"?\n`);
    assert.equal(code, 1);
  });

  it("queues names the field and both versions where a router of another version answers without the field", async (t) => {
    const server = createServer((_request, response) => {
      response.setHeader("busbar-version", "9.8.7");
      response.end(JSON.stringify({ queues: [{ name: "orders", ready: 1, later: true }] }));
    }).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    const field = "queues[0].consumers: expected number, received undefined";
    assert.deepEqual(await busbar(["queues", "--admin-url", url]), {
      code: 1,
      stdout: "",
      stderr:
        `the answer of the router at ${url} does not fit this command: ${field}\n` +
        `The router's version is 9.8.7, this command's is ${version}.\n`,
    });
  });

  it("wrong options of queues are refused", async () => {
    const limit = await queues("peek", "orders", "--limit", "0");
    assert.equal(limit.stderr, "error: option '--limit <n>' argument '0' is invalid. It must be 1..100.\n");
    const url = await busbar(["queues", "--admin-url", "localhost:9090"]);
    assert.match(url.stderr, /^--admin-url must be an http:\/\/ or https:\/\/ URL\n$/);
    assert.deepEqual([limit.code, url.code], [1, 1]);
  });

  it("queues looks for the router where the environment says, and says when none answers", async () => {
    const port = new URL(router.adminUrl).port;
    const found = await busbarProcess(["queues"], { env: { BUSBAR_ADMIN_PORT: port } });
    assert.match(found.stdout, /^NAME /);
    const [free] = await freePorts(1);
    const lost = await busbar(["queues"], { env: { BUSBAR_ADMIN_PORT: String(free) } });
    assert.equal(lost.stderr, `no router answers at http://127.0.0.1:${free}: is \`npm start\` running?\n`);
    const wrong = await busbar(["queues"], { env: { BUSBAR_ADMIN_PORT: "90900" } });
    assert.equal(wrong.stderr, 'The settings are wrong:\n  BUSBAR_ADMIN_PORT must be 0..65535, got "90900"\n');
    assert.deepEqual([found.code, lost.code, wrong.code], [0, 1, 1]);
  });
});
