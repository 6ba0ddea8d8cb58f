import { z } from "zod";
import type { FunctionConfig } from "../../../../domain/target/function.ts";
import { VERSION_NUMBER, FUNCTION_VERSIONS_MAX } from "../../../../domain/target/function-alias.ts";
import type { Context } from "../../kind/context.ts";
import type { Issues } from "../fields.ts";
import { addIssue, description } from "../fields.ts";
import { environment, http, localProcess, memorySize, timeoutSeconds, toRun } from "./function-run.ts";

/** What the calls of a version need: any router may make them, at any time, beside those of the other versions. */
const CALLED = ["http", "process"] as const;

const version = z
  .strictObject({
    description: description.exactOptional(),
    http: http.exactOptional(),
    process: localProcess.exactOptional(),
    timeoutSeconds: timeoutSeconds.exactOptional(),
    memorySize: memorySize.exactOptional(),
    environment: environment.exactOptional().describe("Instead of the function's."),
  })
  .describe("A version: what it does not say, it takes from the function.");

/** A function's versions, by number. */
export const versionsSchema = z
  .record(z.string().regex(VERSION_NUMBER, { error: 'must be a number, as "1"' }), version)
  .refine((versions) => Object.keys(versions).length <= FUNCTION_VERSIONS_MAX, {
    error: `must have at most ${FUNCTION_VERSIONS_MAX} versions`,
  })
  .describe('Versions by number, as "1". The function itself is $LATEST.');

type Versions = z.output<typeof versionsSchema>;

/** A function with its versions, as its schema has it. */
interface Versioned {
  readonly http?: unknown;
  readonly process?: unknown;
  readonly versions?: Versions;
}

/** Checks the versions of a function against the function. */
export function checkVersions(fn: Versioned, { allowProcess }: Context, issues: Issues): void {
  if (fn.versions === undefined) return;
  if (!CALLED.some((run) => Object.hasOwn(fn, run))) {
    const message =
      "is for functions over http and local processes: nobody calls one that polls, and a container is called by one router at a time";
    addIssue(issues, message, { path: ["versions"] });
  }
  for (const [number, version] of Object.entries(fn.versions)) {
    const path = ["versions", number];
    if (Object.hasOwn(version, "http") && Object.hasOwn(version, "process"))
      addIssue(issues, "must have one of http and process at most", { path });
    if (Object.hasOwn(version, "process") && allowProcess === false) {
      const message = "is a local command, which is not allowed here: BUSBAR_ALLOW_PROCESS=true allows it";
      addIssue(issues, message, { path: [...path, "process"] });
    }
    const isProcess =
      Object.hasOwn(version, "process") || (!Object.hasOwn(version, "http") && fn.process !== undefined);
    if (!isProcess && Object.keys(version.environment ?? {}).length > 0) {
      const message = "only reaches a process: set it where this version is started";
      addIssue(issues, message, { path: [...path, "environment"] });
    }
  }
}

/** What is called for each version. */
export function toVersions(fn: FunctionConfig, versions: Versions | undefined): Pick<FunctionConfig, "versions"> {
  if (versions === undefined) return {};
  const made = Object.entries(versions).map(([number, { http, process, ...said }]): [string, FunctionConfig] => {
    const run = toRun({ ...(http && { http }), ...(process && { process }) });
    return [number, { ...fn, ...said, version: number, ...(run === undefined ? {} : { run }) }];
  });
  return { versions: new Map(made) };
}
