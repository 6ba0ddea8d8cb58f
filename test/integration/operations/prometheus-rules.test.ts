import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { stringify } from "yaml";
import { ROOT } from "../../support/router/checkout.ts";
import { withFolder } from "../../support/config-folder.ts";
import { DASHBOARDS } from "../../support/dashboards/dashboards.ts";

const RULES = "k8s/prometheus/alerts.yaml";
const TESTS = globSync("test/prometheus/*.yaml", { cwd: ROOT });
const hasPromtool = spawnSync("promtool", ["--version"]).error === undefined;

/** What promtool printed, which must have ended well. */
function promtool(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("promtool", args, { cwd: ROOT, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

describe("the alert rules", { skip: hasPromtool ? false : "promtool of Prometheus is not installed" }, () => {
  it("The alert rules are right for Prometheus", () => {
    assert.match(promtool("check", "rules", RULES), /SUCCESS: \d\d rules found/);
  });

  it("The alert rules fire, and stay silent, as their tests say", () => {
    assert.equal(TESTS.length, 2);
    promtool("test", "rules", ...TESTS);
  });

  it("The expressions of the dashboards are right for Prometheus", async () => {
    const queries = DASHBOARDS.flatMap(({ sections }) => sections).flatMap(({ panels }) =>
      panels.flatMap((p) => p.queries),
    );
    const rules = queries.map(([expression], index) => ({
      record: `expression_${index}`,
      expr: expression.replaceAll(/\$__(rate_interval|range)/g, "5m"),
    }));
    assert.ok(rules.length > 60);
    await withFolder({ "rules.yaml": stringify({ groups: [{ name: "dashboards", rules }] }) }, (folder) => {
      assert.match(promtool("check", "rules", join(folder, "rules.yaml")), /SUCCESS/);
      return Promise.resolve();
    });
  });
});
