import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { ROOT } from "../../support/router/checkout.ts";
import { busbar, busbarProcess, shellSession } from "../../support/router/command-line.ts";
import { withFolder } from "../../support/config-folder.ts";

const EVENT = {
  id: "7bf73129-1428-4cd3-a780-95db273d1602",
  account: "000000000000",
  source: "shop.checkout",
  time: "2026-01-02T03:04:05Z",
  region: "us-east-1",
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
  it("a misspelt command gets a suggestion", async () => {
    const { code, stderr } = await busbar(["quees"]);
    assert.equal(stderr, "error: unknown command 'quees'\n(Did you mean queues?)\n");
    assert.equal(code, 1);
  });

  it("busbar without a command lists its commands", async () => {
    const { code, stderr } = await busbarProcess([]);
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
  it("docs/cli.md shows what the commands that need no router print", { timeout: 60_000 }, async () => {
    const page = readFileSync(join(ROOT, "docs/cli.md"), "utf8");
    await withFolder({}, async (folder) => {
      // The configuration names the layers of its functions among the examples.
      for (const name of ["config", "examples"]) await symlink(join(ROOT, name), join(folder, name));
      for (const { file, text } of blocksOf(page).filter((block) => block.file !== "")) {
        await mkdir(dirname(join(folder, file)), { recursive: true });
        await writeFile(join(folder, file), text);
      }
      const examples = blocksOf(page).filter(({ text }) => /^\$ npx busbar (validate|test-pattern)/m.test(text));
      assert.ok(examples.length >= 5);
      for (const { text } of examples) assert.equal(await shellSession(text.split("\n")[0]!, folder), text);
    });
  });
});

describe("busbar validate", { concurrency: 2 }, () => {
  it("validate sums up a valid configuration", async () => {
    await withFolder({ "rules.yaml": RULES_YAML }, async (folder) => {
      assert.deepEqual(await busbar(["validate", folder]), {
        code: 0,
        stdout: `${folder}/: 2 rules, 0 functions, 1 queue, 0 API destinations, 1 event bus: no problems\n`,
        stderr: "",
      });
    });
  });

  it("validate prints ten mistakes in ten lines with their places", async () => {
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
        `rule "text": conditions.all[0].operator must be one of equal, notEqual, lessThan, lessThanInclusive, greaterThan, greaterThanInclusive, in, notIn, contains, doesNotContain, got "moreThan" (config/rules.yaml:12:66)`,
        "config/: 10 problems",
      ]);
      assert.equal(stdout, "");
      assert.equal(code, 1);
    });
  });

  it("validate --json prints the problems", async () => {
    await withFolder({ "a.yaml": "ruls: {}" }, async (folder) => {
      const { code, stdout } = await busbar(["validate", folder, "--json"]);
      const message = `unknown section "ruls", did you mean "rules"?`;
      const problems = [{ file: `${folder}/a.yaml`, line: 1, column: 1, message }];
      assert.deepEqual(JSON.parse(stdout), { ok: false, folder, problems, warnings: [] });
      assert.equal(code, 1);
    });
  });

  it("validate warns of rules that are probably mistakes, each at its place", async () => {
    const yaml = `queues: { q: {}, other: {} }
rules:
  foreign: { eventPattern: { region: [eu-west-1] }, targets: { q: { queue: q } } }
  first: { eventPattern: { source: [a, b], detail-type: [t] }, targets: { q: { queue: q } } }
  again: { eventPattern: { detail-type: [t], source: [b, a] }, targets: { same: { queue: q }, other: { queue: other } } }
  off: { state: DISABLED, eventPattern: { sorce: [a] }, targets: {} }
`;
    await withFolder({ "rules.yaml": yaml }, async (folder) => {
      const { code, stderr } = await busbar(["validate", folder]);
      assert.deepEqual(stderr.replaceAll(folder, "config").trimEnd().split("\n"), [
        `warning: rule "foreign": eventPattern matches no event: "region" is "us-east-1" in every event of this router, never "eu-west-1" (config/rules.yaml:3:14)`,
        `warning: rule "again": target "same": is given the same events by rule "first" (config/rules.yaml:5:75)`,
      ]);
      assert.equal(code, 0);
    });
  });

  it("validate checks a file of credentials, and warns of policies without effect", async () => {
    const access = (resource: string): string =>
      `bearerTokens: { ops: { tokens: [0123456789abcdef], statements: [{ effect: Allow, action: "*", resource: "${resource}" }] } }`;
    const files = {
      "rules.yaml": RULES_YAML,
      "right.txt": access("arn:aws:sqs:*:*:nowhere"),
      "wrong.txt": access("nowhere"),
    };
    await withFolder(files, async (folder) => {
      const right = await busbar(["validate", folder, "--access-keys-file", `${folder}/right.txt`]);
      const warning = `"bearer-token/ops": resource arn:aws:sqs:*:*:nowhere fits nothing that is configured (${folder}/right.txt)`;
      assert.equal(right.stderr, `warning: ${warning}\n`);
      assert.match(right.stdout, /1 event bus, 0 access keys, 1 bearer token, 0 issuers: no problems\n$/);
      assert.equal(right.code, 0);
      const wrong = await busbar(["validate", folder], { env: { BUSBAR_ACCESS_KEYS_FILE: `${folder}/wrong.txt` } });
      assert.match(wrong.stderr, /resource must be \* or begin with arn:, got "nowhere" \(.*wrong\.txt:1:\d+\)/);
      assert.equal(wrong.code, 1);
    });
  });

  it("validate takes the folder from the environment, and says that it does not exist", async () => {
    const { code, stderr } = await busbarProcess(["validate"], { env: { BUSBAR_CONFIG: "/nowhere" } });
    assert.equal(stderr, "cannot read the folder: ENOENT (/nowhere)\n/nowhere/: 1 problem\n");
    assert.equal(code, 1);
  });
});

describe("busbar test-pattern", { concurrency: 2 }, () => {
  const event = JSON.stringify(EVENT);
  const pattern = JSON.stringify({ source: ["shop.checkout"] });

  it("test-pattern says match, with exit code 0", async () => {
    const ended = await busbar(["test-pattern", "--pattern", pattern, "--event", event]);
    assert.deepEqual(ended, { code: 0, stdout: "match\n", stderr: "" });
  });

  it("test-pattern says no match, with exit code 1", async () => {
    const ended = await busbarProcess(["test-pattern", "--pattern", '{"source":["shop.stock"]}', "--event", event]);
    assert.deepEqual(ended, { code: 1, stdout: "no match\n", stderr: "" });
  });

  it("test-pattern reads a file and standard input", async () => {
    await withFolder({ "pattern.json": pattern }, async (folder) => {
      const args = ["test-pattern", "--pattern", join(folder, "pattern.json"), "--event", "-"];
      assert.deepEqual(await busbar(args, { input: event }), { code: 0, stdout: "match\n", stderr: "" });
    });
  });

  it("test-pattern takes the pattern of a configured rule", async () => {
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
    it(`test-pattern ends with exit code 2 for ${name}`, async () => {
      assert.deepEqual(await busbar(["test-pattern", ...args]), { code: 2, stdout: "", stderr: `${stderr}\n` });
    });
  }
});
