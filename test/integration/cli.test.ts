import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { DEAD_LETTER_QUEUE } from "../../src/core/queues.ts";
import { createAdminApp } from "../../src/edge/http/admin/admin-app.ts";
import { createPublicApp } from "../../src/edge/http/public-app.ts";
import { listen } from "../../src/edge/http/server.ts";
import type { SqliteBroker } from "../../src/edge/sqlite/broker.ts";
import { openSqliteBroker } from "../../src/edge/sqlite/broker.ts";
import { InFlightBytes } from "../../src/flow/in-flight.ts";
import { createIngest } from "../../src/flow/ingest.ts";
import { declarationsOf } from "../../src/flow/subscriptions.ts";
import { withFolder } from "../support/config-folder.ts";
import { freePorts } from "../support/free-ports.ts";
import { RecordingObserver } from "../support/recording-observer.ts";
import { IDENTITY, sampleConfig, sampleRule, sampleTarget } from "../support/sample.ts";

const ROOT = join(import.meta.dirname, "../..");
const MAIN = join(ROOT, "src/main.ts");

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs one command to its end, in a folder of its own, with nothing of this process's environment. */
async function busbar(args: readonly string[], { input = "", env = {} }: RunOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: tmpdir(), env });
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}

const EVENT = {
  id: "7bf73129-1428-4cd3-a780-95db273d1602",
  account: "000000000000",
  source: "shop.checkout",
  time: "2026-01-02T03:04:05Z",
  region: "local",
  "detail-type": "OrderPlaced",
  detail: { total: 120 },
};

const RULES_YAML = `
queues: { done: {} }
rules:
  big-orders:
    eventPattern: { source: [shop.checkout], detail: { total: [{ numeric: [">=", 100] }] } }
    targets: { keep: { queue: done } }
  strict:
    eventPattern: { source: [shop.checkout] }
    conditions: { all: [{ fact: detail, path: $.total, operator: greaterThan, value: 1000 }] }
    targets: { keep: { queue: done } }
`;

const FIVE_MISTAKES_IN_FUNCTIONS = `functions:
  order-processor:
    runtimeApi: {}
    timeoutSecond: 30
  both: { http: { url: "http://stock:8080" }, container: { url: "http://stock:8080" } }
  slow: { http: { url: "http://slow" }, timeoutSeconds: 901 }
  lost: { http: { url: "http://lost" }, onFailure: { queue: nowhere } }
queues:
  busbar.mine: {}
  done: {}
`;

const FIVE_MISTAKES_IN_RULES = `rules:
  shop/big-orders:
    eventPattern: { source: [shop.checkout] }
    targets:
      process: { function: order-procesor }
  all:
    eventPattern: { source: shop.checkout }
    targets:
      path: { queue: done, inputPath: detail }
  text:
    eventPattern: { source: [shop.checkout] }
    conditions: { all: [{ fact: detail, path: $.total, operator: moreThan, value: 1 }] }
    targets: {}
`;

describe("busbar", () => {
  it("suggests the command that was meant", async () => {
    const { code, stderr } = await busbar(["quees"]);
    assert.equal(stderr, "error: unknown command 'quees'\n(Did you mean queues?)\n");
    assert.equal(code, 1);
  });

  it("lists its commands when none is given", async () => {
    const { code, stderr } = await busbar([]);
    for (const command of ["serve", "validate", "test-pattern", "put-events", "queues"]) {
      assert.match(stderr, new RegExp(`^  ${command} `, "m"));
    }
    assert.equal(code, 1);
  });
});

/** A block of a Markdown page; what follows the language names the file that it stands for. */
function blocksOf(
  page: string,
): readonly { readonly language: string; readonly file: string; readonly text: string }[] {
  const blocks = page.matchAll(/^```(\w+) ?(.*)\n([^]*?)^```$/gm);
  return [...blocks].map(([, language = "", file = "", text = ""]) => ({ language, file, text }));
}

describe("docs/cli.md", () => {
  it("shows what the commands that need no router print", { timeout: 60_000 }, async () => {
    const page = readFileSync(join(ROOT, "docs/cli.md"), "utf8");
    await withFolder({}, async (folder) => {
      await symlink(join(ROOT, "config"), join(folder, "config"));
      for (const { file, text } of blocksOf(page).filter((block) => block.file !== "")) {
        await mkdir(dirname(join(folder, file)), { recursive: true });
        await writeFile(join(folder, file), text);
      }
      const examples = blocksOf(page).filter(({ text }) => /^\$ busbar (validate|test-pattern)/m.test(text));
      assert.ok(examples.length >= 5);
      for (const { text } of examples) assert.equal(await shellSession(text.split("\n")[0]!, folder), text);
    });
  });
});

/** A command as somebody types it into a shell, with all that it prints. */
async function shellSession(line: string, cwd: string): Promise<string> {
  const script = `busbar() { "$NODE" "$MAIN" "$@"; }; ${line.slice(2)} 2>&1`;
  const child = spawn("sh", ["-c", script], { cwd, env: { NODE: process.execPath, MAIN } });
  return `${line}\n${await text(child.stdout)}`;
}

describe("busbar validate", { concurrency: 2 }, () => {
  it("sums up a configuration that is right", async () => {
    await withFolder({ "rules.yaml": RULES_YAML }, async (folder) => {
      assert.deepEqual(await busbar(["validate", folder]), {
        code: 0,
        stdout: `${folder}/: 2 rules, 0 functions, 1 queue, 0 API destinations, 1 event bus: no problems\n`,
        stderr: "",
      });
    });
  });

  it("tells ten mistakes in ten lines with their places", async () => {
    const files = { "functions.yaml": FIVE_MISTAKES_IN_FUNCTIONS, "rules.yaml": FIVE_MISTAKES_IN_RULES };
    await withFolder(files, async (folder) => {
      const { code, stdout, stderr } = await busbar(["validate", folder]);
      const lines = stderr.replaceAll(folder, "config").trimEnd().split("\n");
      assert.deepEqual(lines, [
        `function "order-processor": unknown property "timeoutSecond", did you mean "timeoutSeconds"? (config/functions.yaml:4:5)`,
        `function "both": must have exactly one of http, runtimeApi, container, process, has http and container (config/functions.yaml:5:3)`,
        `function "slow": timeoutSeconds must be 1..900, got 901 (config/functions.yaml:6:57)`,
        `function "lost": onFailure.queue must name a configured queue, got "nowhere" (config/functions.yaml:7:61)`,
        `queue "busbar.mine": its name must be 1 to 127 bytes and not begin with busbar. or amq. (config/functions.yaml:9:3)`,
        `rule "shop/big-orders": there is no event bus "shop" (config/rules.yaml:2:3)`,
        `rule "shop/big-orders": target "process": function must name a configured function, got "order-procesor"; did you mean "order-processor"? (config/rules.yaml:5:28)`,
        `rule "all": eventPattern is not valid. Reason: "source" must be an object or an array (config/rules.yaml:7:5)`,
        `rule "all": target "path": inputPath must start with $, got "detail" (config/rules.yaml:9:39)`,
        lines[9],
        "config/: 10 problems",
      ]);
      assert.match(lines[9]!, /^rule "text": .*moreThan.* \(config\/rules\.yaml:12:\d+\)$/);
      assert.equal(stdout, "");
      assert.equal(code, 1);
    });
  });

  it("prints the problems as JSON when asked", async () => {
    await withFolder({ "a.yaml": "ruls: {}" }, async (folder) => {
      const { code, stdout } = await busbar(["validate", folder, "--json"]);
      const message = `unknown section "ruls", did you mean "rules"?`;
      const problems = [{ file: `${folder}/a.yaml`, line: 1, column: 1, message }];
      assert.deepEqual(JSON.parse(stdout), { ok: false, folder, problems });
      assert.equal(code, 1);
    });
  });

  it("takes the folder from the environment, and says when it is not there", async () => {
    const { code, stderr } = await busbar(["validate"], { env: { BUSBAR_CONFIG: "/nowhere" } });
    assert.equal(stderr, "cannot read the folder: ENOENT (/nowhere)\n/nowhere/: 1 problem\n");
    assert.equal(code, 1);
  });
});

describe("busbar test-pattern", { concurrency: 2 }, () => {
  const event = JSON.stringify(EVENT);
  const pattern = JSON.stringify({ source: ["shop.checkout"] });

  it("says match, with exit code 0", async () => {
    const ended = await busbar(["test-pattern", "--pattern", pattern, "--event", event]);
    assert.deepEqual(ended, { code: 0, stdout: "match\n", stderr: "" });
  });

  it("says no match, with exit code 1", async () => {
    const ended = await busbar(["test-pattern", "--pattern", '{"source":["shop.stock"]}', "--event", event]);
    assert.deepEqual(ended, { code: 1, stdout: "no match\n", stderr: "" });
  });

  it("reads a file and standard input", async () => {
    await withFolder({ "pattern.json": pattern }, async (folder) => {
      const args = ["test-pattern", "--pattern", join(folder, "pattern.json"), "--event", "-"];
      assert.deepEqual(await busbar(args, { input: event }), { code: 0, stdout: "match\n", stderr: "" });
    });
  });

  it("takes the pattern of a configured rule", async () => {
    await withFolder({ "rules.yaml": RULES_YAML }, async (folder) => {
      const args = ["test-pattern", "--config", folder, "--event", event, "--rule"];
      assert.deepEqual(await busbar([...args, "default/big-orders"]), { code: 0, stdout: "match\n", stderr: "" });
      assert.deepEqual(await busbar([...args, "strict"]), {
        code: 0,
        stdout: "match\n",
        stderr: "The rule's conditions are not tested, only its pattern.\n",
      });
      const stderr = 'there is no rule "big-order", did you mean "default/big-orders"?\n';
      assert.deepEqual(await busbar([...args, "big-order"]), { code: 2, stdout: "", stderr });
    });
  });

  const wrong: readonly (readonly [name: string, args: readonly string[], stderr: string])[] = [
    [
      "a bad pattern",
      ["--pattern", '{"source":"shop.checkout"}', "--event", event],
      'Event pattern is not valid. Reason: "source" must be an object or an array',
    ],
    ["a bad event", ["--pattern", pattern, "--event", '{"source":"shop.checkout"}'], "Parameter Event is not valid."],
    ["a file that is not there", ["--pattern", "/no.json", "--event", event], "/no.json: cannot be read: ENOENT"],
    ["no pattern", ["--event", event], "give either --pattern or --rule"],
    ["no event", ["--pattern", pattern], "error: required option '--event <source>' not specified"],
    [
      "both from standard input",
      ["--pattern", "-", "--event", "-"],
      "--pattern and --event cannot both be standard input",
    ],
  ];
  for (const [name, args, stderr] of wrong) {
    it(`ends with exit code 2 for ${name}`, async () => {
      assert.deepEqual(await busbar(["test-pattern", ...args]), { code: 2, stdout: "", stderr: `${stderr}\n` });
    });
  }
});

/** The real applications of both ports over the embedded broker, with nobody who consumes. */
class TestRouter {
  readonly folder: string;
  readonly broker: SqliteBroker;
  publicUrl = "";
  adminUrl = "";
  readonly #servers: Awaited<ReturnType<typeof listen>>[] = [];

  constructor(folder: string, broker: SqliteBroker) {
    this.folder = folder;
    this.broker = broker;
  }

  static async start(): Promise<TestRouter> {
    const folder = await mkdtemp(join(tmpdir(), "busbar-cli-"));
    const router = new TestRouter(folder, await openSqliteBroker({ folder, events: {} }));
    await router.#listen();
    return router;
  }

  async #listen(): Promise<void> {
    const { broker } = this;
    const rule = sampleRule("keep", { source: ["shop.checkout"] }, [
      sampleTarget("log", { kind: "queue", name: "orders" }),
    ]);
    const config = sampleConfig({ queues: ["orders", "empty"], rules: [rule] });
    await broker.declare(declarationsOf(config));
    const inFlight = new InFlightBytes(16 * 1024 * 1024);
    const observer = new RecordingObserver();
    const shared = { broker, config: () => config, identity: IDENTITY };
    let ids = 0;
    const ingest = createIngest({ ...shared, inFlight, observer, newId: () => `id-${++ids}`, nowMs: () => 0 });
    const report = (...problem: unknown[]) => assert.fail(String(problem));
    const publicApp = createPublicApp({ ...shared, ingest, budget: inFlight, report });
    const metrics = () => Promise.resolve({ contentType: "text/plain", body: "" });
    const adminApp = createAdminApp({ ...shared, metrics, readiness: () => ({ ready: true }), report });
    for (const app of [publicApp, adminApp]) this.#servers.push(await listen(app, { host: "127.0.0.1", port: 0 }));
    [this.publicUrl, this.adminUrl] = this.#servers.map(({ url }) => url) as [string, string];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close(1_000)));
    await this.broker.close();
    await rm(this.folder, { recursive: true });
  }
}

function order(orderId: number): object {
  return { Source: "shop.checkout", DetailType: "OrderPlaced", Detail: { orderId } };
}

describe("busbar put-events", () => {
  let router: TestRouter;
  before(async () => void (router = await TestRouter.start()));
  after(() => router.stop());

  /** What has arrived since the last call, as text. */
  async function arrived(): Promise<string[]> {
    const messages = await router.broker.peek("orders", 100);
    await router.broker.purge("orders");
    return messages.map(({ body }) => body.toString());
  }

  it("puts one event and prints its id", async () => {
    const { code, stdout, stderr } = await busbar([
      ...["put-events", "--url", router.publicUrl, "--source", "shop.checkout", "--detail-type", "OrderPlaced"],
      ...["--detail", '{"total":1.50}', "--bus", "default"],
    ]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const [event, ...others] = await arrived();
    assert.equal(`${(JSON.parse(event!) as { id: string }).id}\n`, stdout);
    assert.match(event!, /"detail":\{"total":1\.50\}\}$/);
    assert.deepEqual(others, []);
  });

  it("puts the entries of a JSON array in batches of ten, in their order", async () => {
    const entries = Array.from({ length: 25 }, (_, index) => order(index));
    await withFolder({ "orders.json": JSON.stringify(entries, null, 2) }, async (folder) => {
      const file = join(folder, "orders.json");
      const { code, stdout, stderr } = await busbar(["put-events", file, "--url", router.publicUrl]);
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
      const events = (await arrived()).map((event) => JSON.parse(event) as { id: string; detail: { orderId: number } });
      assert.deepEqual(
        events.map(({ detail }) => detail.orderId),
        entries.map((_, index) => index),
      );
      assert.equal(stdout, events.map(({ id }) => `${id}\n`).join(""));
    });
  });

  it("puts the entries of JSON lines, with their numbers as they were written", async () => {
    const line = '{"Source":"shop.checkout","DetailType":"OrderPlaced","Detail":{"orderId":12345678901234567890}}';
    const { code } = await busbar(["put-events", "-", "--url", router.publicUrl], { input: `${line}\n\n${line}\n` });
    assert.equal(code, 0);
    const events = await arrived();
    assert.equal(events.length, 2);
    for (const event of events) assert.match(event, /"orderId":12345678901234567890/);
  });

  it("puts entries that are too large for one request one after the other", async () => {
    const large = { ...order(1), Detail: { text: "x".repeat(600 * 1024) } };
    const input = JSON.stringify([large, large]);
    const { code, stderr } = await busbar(["put-events", "-", "--url", router.publicUrl], { input });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.equal((await arrived()).length, 2);
  });

  it("says which entries were not accepted, and ends with exit code 1", async () => {
    const input = JSON.stringify([order(1), { ...order(2), Detail: "[]" }, { ...order(3), Source: "" }]);
    const { code, stdout, stderr } = await busbar(["put-events", "-", "--url", router.publicUrl], { input });
    assert.match(stdout, /^id-\d+\n$/);
    assert.equal(
      stderr,
      "entry 2: MalformedDetail: Detail is malformed.\n" +
        "entry 3: InvalidArgument: Parameter Source is not valid. Reason: Source is a required argument.\n" +
        "2 of 3 entries failed\n",
    );
    assert.equal(code, 1);
    assert.equal((await arrived()).length, 1);
  });

  it("prints PutEvents' answer as JSON when asked", async () => {
    const input = JSON.stringify([order(1), { ...order(2), Detail: "[]" }]);
    const { code, stdout } = await busbar(["put-events", "-", "--json", "--url", router.publicUrl], { input });
    const [event] = await arrived();
    assert.deepEqual(JSON.parse(stdout), {
      FailedEntryCount: 1,
      Entries: [
        { EventId: (JSON.parse(event!) as { id: string }).id },
        { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." },
      ],
    });
    assert.equal(code, 1);
  });

  it("names the line that is not JSON, and puts nothing", async () => {
    const input = `${JSON.stringify(order(1))}\n{"Source":\n`;
    const { code, stderr } = await busbar(["put-events", "-", "--url", router.publicUrl], { input });
    assert.match(stderr, /^standard input:2 is not JSON: .+\n$/);
    assert.equal(code, 1);
    assert.deepEqual(await arrived(), []);
  });

  it("says that no router answers, without a stack trace", async () => {
    const [port] = await freePorts(1);
    const env = { BUSBAR_HTTP_PORT: String(port), BUSBAR_HOST: "0.0.0.0" };
    const { code, stderr } = await busbar(["put-events", "--source", "shop.checkout"], { env });
    assert.equal(stderr, `no router answers at http://127.0.0.1:${port}: is \`npm start\` running?\n`);
    assert.equal(code, 1);
  });

  it("needs entries from somewhere, and from one place only", async () => {
    const stderr = "name a file of entries, or give one event by --source, --detail-type and --detail\n";
    assert.deepEqual(await busbar(["put-events"]), { code: 1, stdout: "", stderr });
    assert.deepEqual(await busbar(["put-events", "-", "--source", "a"]), { code: 1, stdout: "", stderr });
  });
});

/** A router that answers what it is told to, one answer after the other, and keeps what it was asked. */
async function scripted(
  answers: readonly (readonly [status: number, body: unknown])[],
  use: (url: string, bodies: readonly string[]) => Promise<void>,
): Promise<void> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const [status, answer] = answers[bodies.length] ?? [500, {}];
      bodies.push(body);
      response.writeHead(status, { "retry-after": "0" }).end(JSON.stringify(answer));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies);
  } finally {
    server.closeAllConnections();
    await once(server.close(), "close");
  }
}

describe("busbar put-events to a busy router", { concurrency: 2 }, () => {
  const accepted = [200, { FailedEntryCount: 0, Entries: [{ EventId: "e-1" }] }] as const;
  const throttled = { __type: "ThrottlingException", message: "Too much is in flight." };
  const unavailable = [503, { __type: "ServiceUnavailable", message: "the broker is blocked" }] as const;
  const put = (url: string) => busbar(["put-events", "--url", url, "--source", "shop.checkout"]);

  it("tries again when it is told to come back", async () => {
    await scripted([[429, throttled], [400, throttled], unavailable, accepted], async (url, bodies) => {
      assert.deepEqual(await put(url), { code: 0, stdout: "e-1\n", stderr: "" });
      assert.deepEqual(bodies, Array<string>(4).fill('{"Entries":[{"Source":"shop.checkout"}]}'));
    });
  });

  it("gives up after five tries", async () => {
    await scripted(
      Array.from({ length: 6 }, () => unavailable),
      async (url, bodies) => {
        const stderr = "ServiceUnavailable: the broker is blocked\n";
        assert.deepEqual(await put(url), { code: 1, stdout: "", stderr });
        assert.equal(bodies.length, 5);
      },
    );
  });

  it("does not try again what is refused for good, and says which entries got no answer", async () => {
    const ten = [200, { Entries: Array.from({ length: 10 }, (_, index) => ({ EventId: `e-${index}` })) }] as const;
    const refused = [400, { __type: "ValidationException", message: "Total size is over the limit." }] as const;
    await scripted([ten, refused], async (url, bodies) => {
      const input = JSON.stringify(Array.from({ length: 25 }, (_, index) => order(index)));
      const { code, stdout, stderr } = await busbar(["put-events", "-", "--url", url], { input });
      assert.equal(stdout.split("\n").length, 11);
      assert.equal(stderr, "ValidationException: Total size is over the limit.\nentries 11 to 25 got no answer\n");
      assert.equal(code, 1);
      assert.equal(bodies.length, 2);
    });
  });

  it("says when what answers is no router", async () => {
    await scripted([[404, "nothing here"]], async (url) => {
      const stderr = `what answers at ${url} is not a router: HTTP 404\n`;
      assert.deepEqual(await put(url), { code: 1, stdout: "", stderr });
    });
  });
});

describe("busbar queues", () => {
  let router: TestRouter;
  before(async () => void (router = await TestRouter.start()));
  after(() => router.stop());

  const queues = (...args: readonly string[]) => busbar(["queues", ...args, "--admin-url", router.adminUrl]);

  async function fill(queue: string, bodies: readonly string[]): Promise<void> {
    await router.broker.purge(queue);
    const headers = { "busbar-rule": "keep", "busbar-first-at": 1, "x-death": "a" };
    await router.broker.publish(
      bodies.map((body, index) => ({ queue, id: `m-${index}`, headers, body: Buffer.from(body) })),
    );
  }

  async function ready(queue: string): Promise<number | undefined> {
    return (await router.broker.depth(queue))?.ready;
  }

  it("lists the configured queues and the router's own that people look into", async () => {
    await fill("orders", ["{}", "{}"]);
    const table = [
      "NAME                READY  CONSUMERS",
      "orders                  2          0",
      "empty                   0          0",
      "busbar.dead-letter      0          0",
      "busbar.parked           0          0",
      "",
    ];
    const listed = { code: 0, stdout: table.join("\n"), stderr: "" };
    assert.deepEqual(await queues(), listed);
    assert.deepEqual(await queues("list"), listed);
  });

  it("lists them as JSON when asked", async () => {
    await fill(DEAD_LETTER_QUEUE, ["{}"]);
    const { stdout } = await queues("list", "--json");
    const depths = JSON.parse(stdout) as { name: string; ready: number }[];
    assert.equal(depths.find(({ name }) => name === DEAD_LETTER_QUEUE)?.ready, 1);
  });

  it("peeks at messages, leaves them there and says what that costs", async () => {
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

  it("receives messages, which removes them", async () => {
    await fill("orders", ["1", "2", "3"]);
    const { code, stdout, stderr } = await queues("receive", "orders", "--limit", "2", "--json");
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

  it("says that a queue is empty", async () => {
    assert.deepEqual(await queues("receive", "empty"), { code: 0, stdout: "", stderr: "empty is empty\n" });
  });

  it("purges a queue only when it is told so twice", async () => {
    await fill("orders", ["1", "2"]);
    const stderr = "this deletes every message in orders: add --yes to do it\n";
    assert.deepEqual(await queues("purge", "orders"), { code: 1, stdout: "", stderr });
    assert.equal(await ready("orders"), 2);
    const stdout = "orders: 2 messages deleted\n";
    assert.deepEqual(await queues("purge", "orders", "--yes"), { code: 0, stdout, stderr: "" });
    assert.equal(await ready("orders"), 0);
  });

  it("passes on what the router says of a queue that is not there", async () => {
    const { code, stdout, stderr } = await queues("receive", "ordres");
    assert.match(stderr, /^.*"ordres".*\n$/);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  });

  it("suggests the command that was meant", async () => {
    const { code, stderr } = await queues("pek", "orders");
    assert.equal(stderr, `error: unknown command 'pek', did you mean "peek"?\n`);
    assert.equal(code, 1);
  });

  it("checks its options", async () => {
    const limit = await queues("peek", "orders", "--limit", "0");
    assert.equal(limit.stderr, "error: option '--limit <n>' argument '0' is invalid. It must be 1..100.\n");
    const url = await busbar(["queues", "--admin-url", "localhost:9090"]);
    assert.match(url.stderr, /It must be an http:\/\/ or https:\/\/ URL\.\n$/);
    assert.deepEqual([limit.code, url.code], [1, 1]);
  });

  it("looks for the router where its settings say, and says when none answers", async () => {
    const port = new URL(router.adminUrl).port;
    const found = await busbar(["queues"], { env: { BUSBAR_ADMIN_PORT: port } });
    assert.match(found.stdout, /^NAME /);
    const [free] = await freePorts(1);
    const lost = await busbar(["queues"], { env: { BUSBAR_ADMIN_PORT: String(free) } });
    assert.equal(lost.stderr, `no router answers at http://127.0.0.1:${free}: is \`npm start\` running?\n`);
    const wrong = await busbar(["queues"], { env: { BUSBAR_ADMIN_PORT: "90900" } });
    assert.equal(wrong.stderr, 'The settings are wrong:\n  BUSBAR_ADMIN_PORT must be 0..65535, got "90900"\n');
    assert.deepEqual([found.code, lost.code, wrong.code], [0, 1, 1]);
  });
});
