import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readSettings } from "../../../src/config/settings/read-settings.ts";
import { CONSEQUENCES_MAX } from "../../../src/domain/delivery/delivery.ts";
import { DELIVERIES_MAX, HOPS_MAX } from "../../../src/flow/route/match.ts";
import { sectionOf } from "../../support/docs/documentation.ts";

const MIB = 1024 * 1024;
const LIMITS = sectionOf("../README.md", "## Limits").replaceAll(/\s+/g, " ");

function states(text: string): void {
  assert.ok(LIMITS.includes(text), `README's limits have no "${text}"`);
}

describe("the limits in README", () => {
  it("README's limits of one event are those of its route", () => {
    const [deliveries, consequences] = [DELIVERIES_MAX, CONSEQUENCES_MAX].map((limit) => limit.toLocaleString("en"));
    states(`${deliveries} deliveries per entry; ${HOPS_MAX} buses per event; ${consequences} deliveries for all`);
  });

  it("README's limits of requests and memory are the settings' defaults", () => {
    const read = readSettings({});
    assert.ok(read.ok);
    const { maxEntries, maxBodyBytes, maxResponseBytes, maxBytesInFlight } = read.settings;
    states(`${maxEntries} entries and 1 MiB of entries a request`);
    states(`${maxBodyBytes / MIB} MiB of raw body`);
    states(`${Math.floor(maxResponseBytes / MIB)} MiB of a function's answer`);
    states(`${maxBytesInFlight / MIB} MiB of events and messages in flight`);
  });
});
