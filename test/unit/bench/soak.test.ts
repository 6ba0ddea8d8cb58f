import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { flatnessOf } from "../../../bench/soak/flatness.ts";
import { plotSvg } from "../../../bench/soak/plot.ts";

const TENTH = { share: 0.1, least: 0, mayFall: true };

function values(count: number, at: (index: number) => number): readonly number[] {
  return Array.from({ length: count }, (_, index) => at(index));
}

describe("figures of the soak", () => {
  it("A soak figure is flat when it swings, however far it rose in the first half", () => {
    const swinging = values(200, (index) => (index < 100 ? index : 100) + (index % 2) * 20);
    assert.ok(flatnessOf(swinging, TENTH).flat);
  });

  it("A soak figure is not flat when it rises by more than its share of the mean over the second half", () => {
    const leak = (perSample: number) => values(200, (index) => 100 + perSample * index + (index % 5));
    assert.ok(!flatnessOf(leak(0.15), TENTH).flat);
    assert.ok(flatnessOf(leak(0.05), TENTH).flat);
  });

  it("A soak figure's change is counted from the begin of the second half to its end", () => {
    const { change, mean, allowed } = flatnessOf(
      values(101, (index) => index),
      TENTH,
    );
    assert.deepEqual([change, mean, allowed], [50, 75, 7.5]);
  });

  it("A soak figure may fall or not, depending on its tolerance", () => {
    const falling = values(100, (index) => 200 - index);
    assert.ok(flatnessOf(falling, TENTH).flat);
    assert.ok(!flatnessOf(falling, { ...TENTH, mayFall: false }).flat);
  });

  it("A soak figure is not flat when there are too few samples, and missing ones do not count", () => {
    assert.ok(!flatnessOf([1, 1, 1, 1], TENTH).flat);
    assert.ok(
      !flatnessOf(
        values(100, () => Number.NaN),
        TENTH,
      ).flat,
    );
    assert.ok(
      flatnessOf(
        values(100, (index) => (index % 2 === 0 ? Number.NaN : 1)),
        TENTH,
      ).flat,
    );
  });

  it("A soak figure has a small absolute tolerance where a share would be nothing", () => {
    const few = values(100, (index) => (index > 75 ? 3 : 0));
    assert.ok(flatnessOf(few, { share: 0, least: 10, mayFall: true }).flat);
    assert.ok(!flatnessOf(few, { share: 0, least: 1, mayFall: true }).flat);
  });
});

describe("the plot of the soak", () => {
  const panel = { title: "memory <b>", series: [{ name: "router 1", unit: "MiB", values: [0, Number.NaN, 200] }] };
  const svg = plotSvg("A & B", [panel], [0, 30, 60]);

  it("The soak's plot draws a line from one side to the other, which leaves out what is missing", () => {
    const [, points = ""] = /<polyline points="([^"]+)"/.exec(svg) ?? [];
    const [from, to, ...more] = points.split(" ").map((point) => point.split(",").map(Number));
    assert.deepEqual(more, []);
    assert.ok(from?.[0] === 64 && to?.[0] === 784, points);
    assert.ok((from[1] ?? 0) > (to[1] ?? 0), "the higher value stands higher");
  });

  it("The soak's plot has round numbers at its axes and text that is escaped", () => {
    const texts = Array.from(svg.matchAll(/>([^<>]+)<\/text>/g), ([, text]) => text);
    assert.deepEqual(texts.slice(0, 2), ["A &amp; B", "memory &lt;b&gt;, MiB"]);
    assert.ok(
      ["0", "100", "200", "0.2", "1", "minutes"].every((text) => texts.includes(text)),
      texts.join(" "),
    );
  });
});
