import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MappingReadingFact } from "../../../../src/domain/mapping/batch-fact.ts";
import { createMappingLog } from "../../../../src/edge/observe/log/lines/mapping-log.ts";
import { createLogger } from "../../../../src/edge/observe/log/logger.ts";

const OF = { mapping: "reads", partition: "clicks-0" };

describe("The log of event source mappings", () => {
  it("has a stream that cannot be read once as that begins, for each further cause, and as it ends", () => {
    const lines: string[] = [];
    let nowMs = 0;
    const log = createLogger("info", {
      destination: { write: (line: string) => void lines.push(line) },
      onFault: (error) => assert.fail(String(error)),
    });
    const observer = createMappingLog(log, () => nowMs);
    const mappingReading = (fact: MappingReadingFact): void => observer.mappingReading(fact);
    const shown = (): readonly string[] =>
      lines.splice(0).map((line) => {
        const { level, msg, failures, seconds } = JSON.parse(line) as Record<string, string | number | undefined>;
        return [level, msg, failures, seconds].filter((each) => each !== undefined).join(" ");
      });
    const fails = (message: string, times: number): void => {
      for (let time = 0; time < times; time++, nowMs += 1_000)
        mappingReading({ ...OF, state: "failed", error: new Error(message) });
    };
    mappingReading({ ...OF, state: "reading" });
    fails("there is no such stream", 30);
    assert.deepEqual(shown(), ["error a mapping cannot read its stream: it is tried again each second"]);
    mappingReading({ ...OF, state: "reading" });
    assert.deepEqual(shown(), ["info a mapping reads its stream again 30 30"]);
    fails("there is no such stream", 2);
    mappingReading({ ...OF, partition: "clicks-1", state: "over" });
    mappingReading({ ...OF, state: "over" });
    assert.deepEqual(shown(), [
      "error a mapping cannot read its stream: it is tried again each second",
      "info a mapping no longer tries to read its stream here 2 2",
    ]);
  });
});
