import { pino } from "pino";
import { boundedFields } from "./bounded-fields.ts";

const STDERR = 2;

/** Writes one line: data in fields, and a message that is always the same. Errors go into a field called `error`. */
export interface LogLine {
  (fields: object, message: string): void;
  (message: string): void;
}

/** What the rest of the program needs of pino. `error` means that a person must act. */
export interface Logger {
  readonly trace: LogLine;
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
  readonly fatal: LogLine;
  /** For lines whose fields cost something: whether they would be written. */
  isLevelEnabled(level: string): boolean;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

/** Where lines go, each with its line end. */
export interface LogDestination {
  write(line: string): void;
}

/**
 * A logger of JSON lines, to standard error unless told otherwise. It writes in the background, so that a slow reader
 * holds nothing up; what is left is written when the process exits. Fields are bounded, and the passwords of URLs are
 * taken out of them, before the line is made.
 */
export function createLogger(
  level: LogLevel,
  destination: LogDestination = pino.destination({ dest: STDERR, sync: false }),
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: boundedFields },
    },
    destination,
  );
}
