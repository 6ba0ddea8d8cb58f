import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { busbarProcess } from "../../support/router/command-line.ts";
import { withFolder } from "../../support/config-folder.ts";

const FUNCTIONS = `
functions:
  order-processor:
    http: { url: "ftp://stock" }
    timeoutSeconds: 901
    timeout: 3
queues:
  amq.log: {}
  log: {}
apiDestinations:
  crm: { url: "https://crm.example.com", connection: { bearer: { token: "\${env:CRM_TOKEN}" } } }
`;

const RULES = `
rules:
  big-orders:
    eventPattern: { source: shop.checkout }
    targets: { process: { function: order-procesor } }
  nowhere/keep:
    eventPattern: { source: [a] }
    targets: { log: { queue: log } }
  template:
    eventPattern: { source: [a] }
    conditions: { all: [{ fact: detail, path: $.n, operator: bigger, value: 1 }] }
    targets: { log: { queue: log, inputTransformer: { inputTemplate: '{"order": <id>}' } } }
`;

/** The ten mistakes above, each with its place. */
const PROBLEMS = [
  'function "order-processor": http.url must be an http:// or https:// URL, got "ftp://stock" (functions.yaml:4:18)',
  'function "order-processor": timeoutSeconds must be 1..900, got 901 (functions.yaml:5:21)',
  'function "order-processor": unknown property "timeout" (functions.yaml:6:5)',
  'queue "amq.log": its name must be 1 to 127 bytes and not begin with busbar. or amq. (functions.yaml:8:3)',
  'API destination "crm": connection.bearer.token refers to ${env:CRM_TOKEN}, which is not set (functions.yaml:11:73)',
  'rule "big-orders": eventPattern is not valid. Reason: "source" must be an object or an array (rules.yaml:4:5)',
  'rule "big-orders": target "process": function must name a configured function, got "order-procesor"; did you mean "order-processor"? (rules.yaml:5:37)',
  'rule "nowhere/keep": there is no event bus "nowhere" (rules.yaml:6:3)',
  'rule "template": conditions.all[0].operator must be one of equal, notEqual, lessThan, lessThanInclusive, greaterThan, greaterThanInclusive, in, notIn, contains, doesNotContain, got "bigger" (rules.yaml:11:62)',
  'rule "template": target "log": inputTransformer.inputTemplate contains invalid placeholder id, got "{\\"order\\": <id>}" (rules.yaml:12:70)',
];

/** Free ports, so that a router that does start meets no other one. */
const PORTS = ["--http-port", "0", "--admin-port", "0", "--runtime-api-port", "0"];

describe("`busbar serve` with mistakes", () => {
  it("`busbar serve` lists each mistake in its configuration with its place, and ends with exit code 1", async () => {
    await withFolder({ "functions.yaml": FUNCTIONS, "rules.yaml": RULES }, async (folder) => {
      const { code, stdout, stderr } = await busbarProcess([
        "serve",
        "--config",
        folder,
        "--data",
        `${folder}/data`,
        ...PORTS,
      ]);
      assert.equal(code, 1);
      assert.equal(stdout, "");
      const [, list = ""] = stderr.split("The configuration is wrong:\n");
      const lines = list.replaceAll(`${folder}/`, "").trimEnd().split("\n");
      assert.deepEqual(
        lines.map((line) => line.trimStart()),
        PROBLEMS,
      );
    });
  });

  it("`busbar serve` lists each mistake in its environment with a suggestion, and ends with exit code 1", async () => {
    const env = { BUSBAR_HTP_PORT: "8080", BUSBAR_ADMIN_PORT: "70000", BUSBAR_BROKER: "http://user:secret@rabbitmq" };
    const { code, stderr } = await busbarProcess(["serve", "--log-level", "loud"], { env });
    assert.equal(code, 1);
    assert.deepEqual(stderr.trimEnd().split("\n"), [
      "The settings are wrong:",
      '  unknown setting BUSBAR_HTP_PORT, did you mean "BUSBAR_HTTP_PORT"?',
      '  BUSBAR_ADMIN_PORT must be 0..65535, got "70000"',
      "  BUSBAR_BROKER must be `embedded`, or URLs separated by commas: URL 1 must be an amqp:// or amqps:// URL",
      '  --log-level must be one of trace, debug, info, warn, error, fatal, silent, got "loud"',
    ]);
  });
});
