import type { DatabaseSync } from "node:sqlite";
import { LOG_BYTES_MAX } from "../../../ports/broker/log.ts";
import type { LogRecord } from "../broker/protocol.ts";

/** What is read at a time, so that a long log does not stop everything else for long. */
const READ_BYTES_MAX = 1024 * 1024;
const READ_RECORDS_MAX = 1_000;
/** How far below its bound the log is shortened, so that this is seldom done. */
const LOG_BYTES_KEPT = (LOG_BYTES_MAX * 15) / 16;

/** The control log's statements on the database. It opens no transaction: whoever calls it does. */
export class LogTable {
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: DatabaseSync) {
    this.#statements = prepareStatements(database);
  }

  append(record: Uint8Array): void {
    this.#statements.append.run(record);
    if (Number(this.#statements.bytes.get()?.["bytes"]) > LOG_BYTES_MAX) this.#statements.shorten.run(LOG_BYTES_KEPT);
  }

  after(position: number): readonly LogRecord[] {
    const records: LogRecord[] = [];
    let bytes = 0;
    for (const row of this.#statements.after.iterate(position, READ_RECORDS_MAX)) {
      const record = row as unknown as LogRecord;
      records.push(record);
      bytes += record.record.length;
      if (bytes >= READ_BYTES_MAX) break;
    }
    return records;
  }
}

function prepareStatements(database: DatabaseSync) {
  return {
    append: database.prepare(`INSERT INTO control_log (record) VALUES (?)`),
    after: database.prepare(`SELECT position, record FROM control_log WHERE position > ? ORDER BY position LIMIT ?`),
    bytes: database.prepare(`SELECT sum(length(record)) AS bytes FROM control_log`),
    shorten: database.prepare(
      `DELETE FROM control_log WHERE position IN (
         SELECT position FROM
           (SELECT position, sum(length(record)) OVER (ORDER BY position DESC) AS bytes FROM control_log)
         WHERE bytes > ?)`,
    ),
  };
}
