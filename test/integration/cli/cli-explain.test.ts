import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ROOT } from "../../support/router/checkout.ts";
import { busbar } from "../../support/router/command-line.ts";

const PLACED = '{"source":"shop.checkout","detail-type":"OrderPlaced","detail":{"orderId":"o-1","total":80}}';

const explain = (...args: readonly string[]) => busbar(["explain", "--config", `${ROOT}/config`, ...args]);

describe("busbar explain", () => {
  it("explain prints which rules of the configuration an event matches, and what keeps it from the others", async () => {
    const { code, stdout } = await explain("--event", PLACED);
    assert.equal(code, 0);
    assert.match(stdout, /^On the bus default the event matches 4 rules\.\n/);
    assert.match(stdout, /\nmatch {2}default\/notify\n {2}→ tell: function notifier:live\n/);
    const miss = '  detail.total must be {"numeric":[">=",100]}, and the event has 80\n';
    assert.ok(stdout.includes(`no match  default/big-orders\n${miss}`), stdout);
    assert.match(stdout, /\n {2}→ audit: event-bus audit, where it matches audit\/keep\n/);
    assert.match(stdout, /Put on another bus, it would match audit\/keep\.\n$/);
  });

  it("explain --json prints the same for programs", async () => {
    const { stdout } = await explain("--json", "--rule", "big-orders", "--event", PLACED);
    const { matched, misses } = JSON.parse(stdout) as { matched: boolean; misses: unknown };
    assert.equal(matched, false);
    assert.deepEqual(misses, [{ field: "detail.total", expected: ['{"numeric":[">=",100]}'], found: [80], hints: [] }]);
  });

  it("explain takes an entry of PutEvents for the event that it becomes, on the bus that it names", async () => {
    const entry = { Source: "shop.checkout", DetailType: "OrderPlaced", Detail: '{"orderId":"o-1","total":120}' };
    const { stdout } = await explain("--rule", "big-orders", "--event", JSON.stringify(entry));
    assert.match(stdout, /^match {2}default\/big-orders\n/);
    const onAudit = { Entries: [{ ...entry, EventBusName: "audit" }] };
    const { stdout: other } = await explain("--event", JSON.stringify(onAudit));
    assert.match(other, /^On the bus audit the event matches 1 rule\.\n/);
  });

  it("explain says what is wrong with an event, a rule or a bus", async () => {
    for (const [args, problem] of [
      [
        ["--event", "{nonsense"],
        "the event must be a JSON object: source, detail-type, detail …, or an entry of PutEvents",
      ],
      [
        ["--event", PLACED, "--rule", "big-order"],
        'there is no rule "default/big-order", did you mean "default/big-orders"?',
      ],
      [
        ["--event", '{"Source":"shop","Detail":"x"}'],
        "the event is no entry: its Detail must be a text that is a JSON object",
      ],
      [["--event", '{"Entries":[]}'], "the event must be one: a request with one entry"],
      [["--event", PLACED, "--event-bus-name", "audi"], 'there is no event bus "audi", did you mean "audit"?'],
    ] as const) {
      const { code, stderr } = await explain(...args);
      assert.deepEqual([code, stderr.trim()], [1, problem]);
    }
  });
});
