import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { loadConfig } from "../../../src/config/load.ts";
import type { Config } from "../../../src/domain/config.ts";
import { load, withFolder } from "../../support/config-folder.ts";

const SHOP = `
eventBuses:
  orders: { description: Everything the shop sells }
  audit: {}
functions:
  stock:
    http: { url: "http://stock:8080/events", format: cloudevents }
    concurrency: 32
  order-processor:
    runtimeApi: {}
    timeoutSeconds: 30
    maximumRetryAttempts: 1
    maximumEventAgeInSeconds: 3600
    retryIntervalsSeconds: [1]
    onSuccess: { queue: processed-orders }
    onFailure: { eventBus: audit }
    deadLetterConfig: { queue: failed-orders }
  legacy:
    container: { url: "http://legacy:8080" }
    onFailure: { function: stock }
  thumbnailer:
    process: { command: [python3, app.py] }
    memorySize: 256
    environment: { BUCKET: thumbs }
queues:
  processed-orders:
  failed-orders: { description: To be looked at }
apiDestinations:
  crm:
    url: https://crm.example.com/hooks
    method: PUT
    connection: { apiKey: { header: X-Api-Key, value: k } }
    invocationRateLimitPerSecond: 50
    circuitBreaker: { failureThreshold: 3, openSeconds: 60 }
  open: { url: "http://open", circuitBreaker: false }
rules:
  orders/big-orders:
    description: Orders the credit desk wants to see
    eventPattern: { source: [shop.checkout], detail: { total: [{ numeric: [">=", 100] }] } }
    conditions: { all: [] }
    targets:
      process: { function: order-processor, inputPath: $.detail }
      crm:
        apiDestination: crm
        inputTransformer: { inputPathsMap: { id: $.detail.orderId }, inputTemplate: '{"order": <id>}' }
        retryPolicy: { maximumRetryAttempts: 10 }
        deadLetterConfig: { queue: failed-orders }
      open: { apiDestination: open, input: { a: [1, null] } }
      queue: { queue: failed-orders, input: '{"n": 1.0}' }
      mirror: { eventBus: audit }
  off: { state: DISABLED, eventPattern: { source: [a] }, targets: {} }
  on: { eventPattern: { source: [a] }, targets: {} }
`;

async function loaded(files: Record<string, string>): Promise<Config> {
  const result = await load(files);
  assert.ok(result.ok, JSON.stringify(result));
  return result.config;
}

describe("loadConfig", () => {
  it("loadConfig gives functions their settings, and Lambda's defaults for the rest", async () => {
    const { functions } = await loaded({ "shop.yaml": SHOP });
    const defaults = {
      timeoutSeconds: 3,
      memorySize: 128,
      environment: {},
      maximumRetryAttempts: 2,
      maximumEventAgeInSeconds: 21_600,
      retryIntervalsSeconds: [60, 120],
    };
    const circuitBreaker = { failureThreshold: 20, openSeconds: 5 };
    assert.deepEqual(Object.fromEntries(functions), {
      stock: {
        ...defaults,
        name: "stock",
        run: { kind: "http", url: "http://stock:8080/events", format: "cloudevents" },
        concurrency: 32,
        circuitBreaker: { failureThreshold: 64, openSeconds: 5 },
      },
      "order-processor": {
        ...defaults,
        name: "order-processor",
        run: { kind: "runtimeApi" },
        timeoutSeconds: 30,
        concurrency: 1_000,
        maximumRetryAttempts: 1,
        maximumEventAgeInSeconds: 3_600,
        retryIntervalsSeconds: [1],
        onSuccess: { kind: "queue", name: "processed-orders" },
        onFailure: { kind: "event-bus", name: "audit" },
        deadLetterQueue: "failed-orders",
      },
      legacy: {
        ...defaults,
        name: "legacy",
        run: { kind: "container", url: "http://legacy:8080" },
        circuitBreaker,
        concurrency: 1_000,
        onFailure: { kind: "function", name: "stock" },
      },
      thumbnailer: {
        ...defaults,
        name: "thumbnailer",
        run: { kind: "process", command: ["python3", "app.py"] },
        circuitBreaker,
        concurrency: 10,
        memorySize: 256,
        environment: { BUCKET: "thumbs" },
      },
    });
  });

  it("loadConfig gives buses, queues and API destinations their settings, and EventBridge's defaults for the rest", async () => {
    const config = await loaded({ "shop.yaml": SHOP });
    assert.deepEqual(
      [...config.eventBuses.values()],
      [{ name: "default" }, { name: "orders", description: "Everything the shop sells" }, { name: "audit" }],
    );
    assert.deepEqual(
      [...config.queues.values()],
      [{ name: "processed-orders" }, { name: "failed-orders", description: "To be looked at" }],
    );
    assert.deepEqual(
      [...config.apiDestinations.values()],
      [
        {
          name: "crm",
          url: "https://crm.example.com/hooks",
          method: "PUT",
          auth: { kind: "apiKey", header: "X-Api-Key", value: "k" },
          invocationRateLimitPerSecond: 50,
          concurrency: 10,
          circuitBreaker: { failureThreshold: 3, openSeconds: 60 },
        },
        {
          name: "open",
          url: "http://open",
          method: "POST",
          auth: { kind: "none" },
          invocationRateLimitPerSecond: 300,
          concurrency: 10,
        },
      ],
    );
  });

  it("loadConfig compiles rules and keeps their targets in order", async () => {
    const { rules } = await loaded({ "shop.yaml": SHOP });
    const rule = rules.get("orders/big-orders");
    assert.ok(rule);
    assert.equal(rule.state, "ENABLED");
    assert.equal(rule.description, "Orders the credit desk wants to see");
    assert.equal(rule.patternJson, '{"source":["shop.checkout"],"detail":{"total":[{"numeric":[">=",100]}]}}');
    assert.equal(await rule.conditions?.areMet({}), true);
    const [process, crm, open, queue, mirror] = rule.targets;
    assert.deepEqual(process, {
      id: "process",
      to: { kind: "function", name: "order-processor" },
      input: { kind: "path", path: "$.detail" },
    });
    assert.equal(crm?.input.kind, "template");
    assert.deepEqual(crm.retryPolicy, { maximumRetryAttempts: 10, maximumEventAgeInSeconds: 86_400 });
    assert.equal(crm.deadLetterQueue, "failed-orders");
    assert.deepEqual(open, {
      id: "open",
      to: { kind: "api-destination", name: "open" },
      input: { kind: "constant", json: '{"a":[1,null]}' },
    });
    assert.deepEqual(queue?.input, { kind: "constant", json: '{"n": 1.0}' });
    assert.deepEqual(mirror, { id: "mirror", to: { kind: "event-bus", name: "audit" }, input: { kind: "event" } });
  });

  it("loadConfig puts a rule without a bus on the default one, and matches enabled rules only", async () => {
    const { rules, rulesByBus } = await loaded({ "shop.yaml": SHOP });
    assert.deepEqual([...rules.keys()], ["orders/big-orders", "default/off", "default/on"]);
    assert.deepEqual(
      rulesByBus.get("default")?.rules.map((rule) => rule.name),
      ["on"],
    );
    assert.equal(rulesByBus.get("audit"), undefined);
  });

  it("loadConfig reads all files of a folder as one, in the order of their names", async () => {
    const { rulesByBus } = await loaded({
      "b.yml": "rules: { second: { eventPattern: { a: [1] }, targets: { t: { queue: q } } } }",
      "c.yaml": "queues: { q: {} }",
      "a.yaml": "rules: { first: { eventPattern: { a: [1] }, targets: { t: { queue: q } } } }",
      "empty.yaml": "# nothing yet",
      "notes.txt": "rules: [",
    });
    assert.deepEqual(
      rulesByBus.get("default")?.rules.map((rule) => rule.name),
      ["first", "second"],
    );
  });

  it("loadConfig resolves anchors", async () => {
    const { functions } = await loaded({
      "a.yaml": `functions: { a: { http: &h { url: "http://a" } }, b: { http: *h } }`,
    });
    assert.deepEqual(functions.get("b")?.run, { kind: "http", url: "http://a", format: "event" });
  });

  it("loadConfig takes over what merge keys refer to: its own first, then from the first of a list on", async () => {
    const { functions } = await loaded({
      "a.yaml": `functions:
  a: &a
    http: { url: "http://a" }
    concurrency: 4
    timeoutSeconds: 5
  b: &b { <<: *a, concurrency: 7 }
  c: { <<: [{ concurrency: 8 }, *b], timeoutSeconds: 6 }
`,
    });
    const told = ["b", "c"].map((name) => functions.get(name));
    assert.deepEqual(
      told.map((fn) => [fn?.run.kind, fn?.concurrency, fn?.timeoutSeconds]),
      [
        ["http", 7, 5],
        ["http", 8, 6],
      ],
    );
  });

  it("loadConfig keeps every digit of a number, whatever a double holds and however YAML writes it", async () => {
    const { rules } = await loaded({
      "a.yaml": `queues: { q: {} }
rules:
  r:
    eventPattern: { detail: { id: [1234567890123456789, { numeric: [">", 0xFFFFFFFFFFFFFFFF] }] } }
    targets:
      t: { queue: q, input: { accountId: 1234567890123456789, e: +1e400, h: 0xFFFFFFFFFFFFFFFF, s: .12345678901234567891 } }
      u: { queue: q, input: { 12345678901234567890: 1, 12345678901234567891: 1.5 } }
`,
    });
    const rule = rules.get("default/r");
    assert.equal(rule?.patternJson, '{"detail":{"id":[1234567890123456789,{"numeric":[">",18446744073709551615]}]}}');
    assert.deepEqual(
      rule.targets.map(({ input }) => input.kind === "constant" && input.json),
      [
        '{"accountId":1234567890123456789,"e":1e400,"h":18446744073709551615,"s":0.12345678901234567891}',
        '{"12345678901234567890":1,"12345678901234567891":1.5}',
      ],
    );
  });

  it("loadConfig reads a file with a byte order mark, Windows line ends, or nothing in it", async () => {
    const { queues } = await loaded({ "a.yaml": "\ufeffqueues:\r\n  q: {}\r\n", "b.yaml": "" });
    assert.deepEqual([...queues.keys()], ["q"]);
  });

  it("loadConfig reads a folder as Kubernetes mounts a ConfigMap", () =>
    withFolder({}, async (folder) => {
      await mkdir(join(folder, "..2024_01_01"));
      await writeFile(join(folder, "..2024_01_01", "a.yaml"), "queues: { q: {} }");
      await symlink("..2024_01_01", join(folder, "..data"));
      await symlink(join("..data", "a.yaml"), join(folder, "a.yaml"));
      const result = await loadConfig(folder, { compileConditions: () => assert.fail() });
      assert.ok(result.ok);
      assert.deepEqual([...result.config.queues.keys()], ["q"]);
    }));

  it("loadConfig loads the sample", async () => {
    const result = await loadConfig("config", { compileConditions: () => assert.fail() });
    assert.ok(result.ok, JSON.stringify(result));
    assert.deepEqual([...result.config.rules.keys()].sort(), [
      "audit/keep",
      "default/Events-Archive-shop",
      "default/big-orders",
      "default/mirror-to-audit",
      "default/notify",
      "default/report",
    ]);
  });
});

describe("files that cannot be read", () => {
  const problemsIn = (folder: string) => loadConfig(folder, { compileConditions: () => assert.fail() });

  it("A configuration folder that is missing or empty is a problem", () =>
    withFolder({ "rules.json": "{}" }, async (folder) => {
      const missing = join(folder, "missing");
      assert.deepEqual(await problemsIn(missing), {
        ok: false,
        problems: [{ message: "cannot read the folder: ENOENT", file: missing }],
      });
      assert.deepEqual(await problemsIn(folder), {
        ok: false,
        problems: [{ message: "holds no *.yaml file", file: folder }],
      });
    }));

  it("Each configuration file that cannot be read is a problem of its own", () =>
    withFolder({ "large.yaml": `# ${"x".repeat(4 * 1024 * 1024)}` }, async (folder) => {
      await writeFile(join(folder, "latin1.yaml"), Buffer.from("queues: { \xe4: {} }", "latin1"));
      await symlink("nowhere", join(folder, "link.yaml"));
      assert.deepEqual(await problemsIn(folder), {
        ok: false,
        problems: [
          { message: "is larger than 4194304 bytes", file: join(folder, "large.yaml") },
          { message: "is a link to a file that is not there", file: join(folder, "link.yaml") },
          { message: "is not UTF-8 text", file: join(folder, "latin1.yaml") },
        ].toSorted((a, b) => (a.file < b.file ? -1 : 1)),
      });
    }));
});

describe("function settings", () => {
  const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/).filter((text) => text !== "__proto__");
  const shape = fc.record(
    {
      timeoutSeconds: fc.integer({ min: 1, max: 900 }),
      concurrency: fc.integer({ min: 1, max: 1_000 }),
      memorySize: fc.integer({ min: 128, max: 10_240 }),
      maximumRetryAttempts: fc.integer({ min: 0, max: 2 }),
      maximumEventAgeInSeconds: fc.integer({ min: 60, max: 21_600 }),
      retryIntervalsSeconds: fc.array(fc.integer({ min: 1, max: 3_600 }), { minLength: 1, maxLength: 12 }),
      environment: fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]*$/), fc.string(), {
        noNullPrototype: true,
      }),
      description: fc.string(),
    },
    { requiredKeys: [] },
  );

  it("Any valid function is loaded as it was written", () =>
    fc.assert(
      fc.asyncProperty(fc.dictionary(name, shape, { noNullPrototype: true }), fc.boolean(), async (shapes, quoted) => {
        const process = { command: ["run"] };
        const functionsWritten = Object.entries(shapes).map(([key, fields]) => [key, { ...fields, process }] as const);
        // A text may hold what looks like a reference: the escape makes it a text again.
        const text = stringify(
          { functions: Object.fromEntries(functionsWritten) },
          { defaultStringType: quoted ? "QUOTE_DOUBLE" : "PLAIN" },
        );
        const { functions } = await loaded({ "a.yaml": text.replaceAll("${", () => "$${") });
        assert.deepEqual(new Set(functions.keys()), new Set(Object.keys(shapes)));
        for (const [key, fields] of Object.entries(shapes)) {
          const found: object = functions.get(key) ?? {};
          assert.deepEqual({ ...found, ...fields }, found);
        }
      }),
      { numRuns: 50 },
    ));
});
