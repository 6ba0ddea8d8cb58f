import assert from "node:assert/strict";
import { LOG_LINE_BYTES_MAX } from "../../../src/edge/observe/log/bounded-fields.ts";
import { createLogger } from "../../../src/edge/observe/log/logger.ts";
import type { Subject } from "./subject.ts";
import { texts } from "./subject.ts";

const SECRET = "hunter2";
const LONG = 60_000;

let written = "";
const log = createLogger("info", {
  destination: {
    write: (line) => {
      written += line;
    },
  },
  onFault: (error) => {
    throw error;
  },
});

/** What anybody may have written into the log is one line of JSON, bounded, and shows no password of a URL. */
export const logLine: Subject = {
  name: "log lines",
  weight: 2,
  corpus: texts(
    "amqps://busbar:password@rabbit.example:5671/vhost",
    "connect ECONNREFUSED amqp://u:p@a:5672,amqp://u:p@b:5672",
    `x://${"a".repeat(LONG)}`,
    "x://".repeat(LONG / 4),
    `see http://host/ ${"@:".repeat(LONG / 2)}`,
    `${"\\".repeat(LONG)}"`,
  ),
  run(input) {
    const outside = input.toString();
    const error = new Error(`${outside} amqp://u:${SECRET}@host`, { cause: outside });
    const fields = { message: `amqp://u:${SECRET}@host ${outside}`, list: [outside, outside], error };
    written = "";
    log.warn(fields, "failed");
    JSON.parse(written);
    assert.ok(Buffer.byteLength(written) <= 6 * LOG_LINE_BYTES_MAX, `${written.length} characters`);
    assert.ok(!written.includes(SECRET), "a password is shown");
  },
};
