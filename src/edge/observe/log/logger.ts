import { pino } from "pino";
import { boundedFields } from "./bounded-fields.ts";
import { StandardError } from "./standard-error.ts";

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

export interface LoggerOptions {
  /** Standard error by default. */
  readonly destination?: LogDestination | undefined;
  /** Called when a line could not be made or written. */
  readonly onFault: (error: unknown) => void;
}

/**
 * A logger of JSON lines. It writes in the background, so that a slow reader holds nothing up; beyond 16 MiB that wait to
 * be written, lines are discarded. What is left is written when the process exits. Fields are bounded, and the passwords
 * of URLs are taken out of them, before the line is made. It never throws: no caller can do anything about it.
 */
export function createLogger(level: LogLevel, { destination, onFault }: LoggerOptions): Logger {
  let isInFault = false;
  const fault = (error: unknown): void => {
    // Whoever is called may well log the fault, which fails as well.
    if (isInFault) return;
    isInFault = true;
    try {
      onFault(error);
    } finally {
      isInFault = false;
    }
  };
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: boundedFields },
      hooks: {
        logMethod: function (parts, write) {
          try {
            write.apply(this, parts);
          } catch (error) {
            fault(error);
          }
        },
      },
    },
    destination ?? new StandardError(fault),
  );
}
