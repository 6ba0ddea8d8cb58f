import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { busbar, ROOT } from "../support/command-line.ts";

const PLACED = '{"source":"shop.checkout","detail-type":"OrderPlaced","detail":{"orderId":"o-1","total":80}}';

const explain = (...args: readonly string[]) => busbar(["explain", "--config", `${ROOT}/config`, ...args]);

describe("busbar explain", () => {
  it("tells people which rules of the configuration an event matches, and what keeps it from the others", async () => {
    const { code, stdout } = await explain("--event", PLACED);
    assert.equal(code, 0);
    assert.match(stdout, /^On the bus default the event matches 2 rules\.\n/);
    assert.match(stdout, /\nmatch {2}default\/notify\n {2}→ tell: function notifier\n/);
    const miss = '  detail.total must be {"numeric":[">=",100]}, and the event has 80\n';
    assert.ok(stdout.includes(`no match  default/big-orders\n${miss}`), stdout);
    assert.match(stdout, /On other buses it fits the pattern of audit\/keep\.\n$/);
  });

  it("tells programs the same", async () => {
    const { stdout } = await explain("--json", "--rule", "big-orders", "--event", PLACED);
    const { matched, misses } = JSON.parse(stdout) as { matched: boolean; misses: unknown };
    assert.equal(matched, false);
    assert.deepEqual(misses, [{ field: "detail.total", expected: ['{"numeric":[">=",100]}'], found: [80], hints: [] }]);
  });

  it("says what it cannot take", async () => {
    for (const [args, problem] of [
      [["--event", "{nonsense"], "--event must be a JSON object, as a target gets it: source, detail-type, detail …"],
      [["--event", PLACED, "--rule", "big-order"], 'there is no rule "big-order", did you mean "default/big-orders"?'],
      [["--event", PLACED, "--event-bus-name", "audi"], 'there is no event bus "audi", did you mean "audit"?'],
    ] as const) {
      const { code, stderr } = await explain(...args);
      assert.deepEqual([code, stderr.trim()], [1, problem]);
    }
  });
});
