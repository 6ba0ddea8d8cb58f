import type { Outcome } from "../failure/outcome.ts";
import { isJsonObject, parseJson } from "../../json/json.ts";

/** In which form lines are written: Lambda's lines of text, or a JSON object each. */
export type LogFormat = "Text" | "JSON";

/** What Lambda's platform says of an environment and its calls. Times are milliseconds. */
export type PlatformEvent =
  | { readonly kind: "initReport"; readonly initMs: number; readonly end: ReportedEnd }
  | { readonly kind: "start"; readonly requestId: string; readonly version: string }
  | { readonly kind: "end"; readonly requestId: string }
  | { readonly kind: "report"; readonly requestId: string; readonly report: CallReport }
  | {
      readonly kind: "dropped";
      readonly requestId: string | undefined;
      readonly lines: number;
      readonly bytes: number;
    };

export interface CallReport {
  readonly durationMs: number;
  readonly memorySize: number;
  /** Megabytes; undefined where nobody knows. */
  readonly maxMemoryUsed: number | undefined;
  /** Of an environment's first call: how long the environment took until it asked for one. */
  readonly initMs: number | undefined;
  readonly end: ReportedEnd;
}

/** How a call ended. `failure` is the function's own error, of which Lambda's lines of text say nothing. */
export interface ReportedEnd {
  readonly status: "success" | "failure" | "error" | "timeout";
  readonly errorType?: string;
}

const ENVIRONMENT_ERROR = /^(Runtime|Sandbox|Extension)\./;

/** How a call ended, by its outcome. What Lambda's sandbox reports is an error; what the function reports, a failure. */
export function callEndOf(outcome: Outcome): ReportedEnd {
  if (outcome.ok) return { status: "success" };
  if (outcome.reason === "timeout") return { status: "timeout" };
  const error = outcome.responseJson === undefined ? undefined : parseJson(outcome.responseJson);
  const errorType = isJsonObject(error) && typeof error["errorType"] === "string" ? error["errorType"] : undefined;
  if (errorType !== undefined && ENVIRONMENT_ERROR.test(errorType)) return { status: "error", errorType };
  return { status: "failure", ...(errorType === undefined ? {} : { errorType }) };
}

/** The line that Lambda writes of it. */
export function platformLine(event: PlatformEvent, format: LogFormat, atMs: number): string {
  return format === "JSON" ? jsonLine(event, atMs) : textLine(event);
}

function textLine(event: PlatformEvent): string {
  switch (event.kind) {
    case "initReport":
      return `INIT_REPORT Init Duration: ${ms(event.initMs)}\tPhase: init\t${statusText(event.end)}`;
    case "start":
      return `START RequestId: ${event.requestId} Version: ${event.version}`;
    case "end":
      return `END RequestId: ${event.requestId}`;
    case "report":
      return reportText(event.requestId, event.report);
    case "dropped":
      return `LOGS_DROPPED ${event.requestId === undefined ? "" : `RequestId: ${event.requestId}\t`}Lines: ${event.lines}\tBytes: ${event.bytes}`;
  }
}

function reportText(requestId: string, { durationMs, memorySize, maxMemoryUsed, initMs, end }: CallReport): string {
  const facts = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${ms(durationMs)}`,
    `Billed Duration: ${billedMs(durationMs, initMs)} ms`,
    `Memory Size: ${memorySize} MB`,
    ...(maxMemoryUsed === undefined ? [] : [`Max Memory Used: ${maxMemoryUsed} MB`]),
    ...(initMs === undefined ? [] : [`Init Duration: ${ms(initMs)}`]),
  ];
  return `${facts.join("\t")}\t${statusText(end)}`;
}

/** Behind a tab. Nothing for a call that the function answered, with an error of its own too. */
function statusText({ status, errorType }: ReportedEnd): string {
  if (status === "timeout") return "Status: timeout";
  return status === "error" ? `Status: error\tError Type: ${errorType ?? "Runtime.Unknown"}` : "";
}

/** As Lambda bills since August 2025: the start of an environment is part of its first call. */
function billedMs(durationMs: number, initMs = 0): number {
  return Math.ceil(durationMs + initMs);
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}

function jsonLine(event: PlatformEvent, atMs: number): string {
  const { type, record } = jsonOf(event);
  return JSON.stringify({ time: new Date(atMs).toISOString(), type: `platform.${type}`, record });
}

function jsonOf(event: PlatformEvent): { readonly type: string; readonly record: object } {
  switch (event.kind) {
    case "initReport": {
      const metrics = { durationMs: rounded(event.initMs) };
      return {
        type: "initReport",
        record: { initializationType: "on-demand", phase: "init", ...event.end, metrics },
      };
    }
    case "start":
      return { type: "start", record: { requestId: event.requestId, version: event.version } };
    case "end":
      return { type: "runtimeDone", record: { requestId: event.requestId } };
    case "report":
      return { type: "report", record: reportRecord(event.requestId, event.report) };
    case "dropped": {
      const { requestId, lines: droppedRecords, bytes: droppedBytes } = event;
      return { type: "logsDropped", record: { requestId, droppedRecords, droppedBytes } };
    }
  }
}

function reportRecord(requestId: string, report: CallReport): object {
  const { durationMs, memorySize, maxMemoryUsed, initMs, end } = report;
  const metrics = {
    durationMs: rounded(durationMs),
    billedDurationMs: billedMs(durationMs, initMs),
    memorySizeMB: memorySize,
    ...(maxMemoryUsed === undefined ? {} : { maxMemoryUsedMB: maxMemoryUsed }),
    ...(initMs === undefined ? {} : { initDurationMs: rounded(initMs) }),
  };
  return { requestId, ...end, metrics };
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
