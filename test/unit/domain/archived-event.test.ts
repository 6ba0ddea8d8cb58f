import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { archivedTimeMs, replayedEvent } from "../../../src/domain/event/archived-event.ts";
import { composeEvent } from "../../../src/domain/event/event.ts";
import { propertyRuns } from "../../support/property-runs.ts";

const INTO = { name: "again", bus: "default", nowMs: 7 };

const PARTS = fc.record({
  id: fc.string(),
  detailType: fc.oneof(fc.string(), fc.constant('","time":"1999-01-01T00:00:00Z","resources":[')),
  source: fc.oneof(fc.string(), fc.constant('","resources":[],"x":"')),
  account: fc.constant("000000000000"),
  region: fc.constant("us-east-1"),
  timeMs: fc.integer({ min: 0, max: 4e12 }),
  resources: fc.array(fc.string(), { maxLength: 2 }),
  detailJson: fc.oneof(fc.json(), fc.constant('{"time":"1999-01-01T00:00:00Z","resources":[1.0]}')),
});

describe("An archived event", () => {
  it("has the time that it was put with, and is replayed as it is, with the replay's name before its resources", () => {
    fc.assert(
      fc.property(PARTS, (parts) => {
        const { json, body } = composeEvent(parts);
        assert.equal(archivedTimeMs(body), Math.floor(parts.timeMs / 1_000) * 1_000);
        const replayed = replayedEvent(body, INTO);
        assert.ok(replayed !== undefined);
        assert.deepEqual(
          [replayed.id, replayed.source, replayed.detailType, replayed.bus, replayed.acceptedAtMs],
          [parts.id, parts.source, parts.detailType, "default", 7],
        );
        const fields = Object.keys(JSON.parse(replayed.json) as object);
        assert.deepEqual(fields.slice(6, 9), ["region", "replay-name", "resources"]);
        assert.equal(replayed.json.replace(',"replay-name":"again"', ""), json);
        assert.equal(replayed.body.toString(), replayed.json);
      }),
      propertyRuns(200),
    );
  });

  it("that was composed otherwise is read too, as long as it is an event", () => {
    const body = Buffer.from(
      '{"id":"e","detail":{"time":"1999-01-01T00:00:00Z"},"source":"s","time":"2026-01-31T12:00:00Z"}',
    );
    assert.equal(archivedTimeMs(body), Date.UTC(2026, 0, 31, 12));
    const replayed = replayedEvent(body, INTO);
    assert.equal(replayed?.json, body.toString().replace("{", '{"replay-name":"again",'));
    assert.deepEqual([replayed.id, replayed.source, replayed.detailType], ["e", "s", ""]);
    for (const text of ["", "[]", "{}", '{"id":1,"source":"s"}', '{"time":5}']) {
      assert.equal(archivedTimeMs(Buffer.from(text)), undefined, text);
      assert.equal(replayedEvent(Buffer.from(text), INTO), undefined, text);
    }
  });
});
