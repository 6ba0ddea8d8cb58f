import { LATEST } from "../../../../../domain/target/function-alias.ts";
import { trafficOf, versionOf } from "../../../../../domain/target/function-version.ts";
import type { Identity } from "../../../../../domain/arn.ts";
import { queueArn } from "../../../../../domain/arn.ts";
import type { FunctionConfig } from "../../../../../domain/target/function.ts";
import { CONCURRENCY_MAX } from "../../../../../domain/target/function.ts";
import type { JsonObject } from "../../../../../json/json.ts";

import { qualifiedArn } from "../function-name.ts";

/**
 * A function as listings of the Lambda API show it. What is Lambda's own and nobody knows here is left out: the role, the
 * handler, the code's size, hash and date. So are environment variables: secrets may be among them.
 *
 * @param asked the function, or the version of it that is listed.
 * @param qualifier the version or alias as it was asked for, if any.
 */
export function listedFunction(identity: Identity, asked: FunctionConfig, qualifier: string | undefined): JsonObject {
  const fn = shownVersion(asked, qualifier);
  return {
    FunctionName: fn.name,
    FunctionArn: qualifiedArn(identity, { name: fn.name, qualifier }),
    Description: fn.description ?? "",
    Timeout: fn.timeoutSeconds,
    MemorySize: fn.memorySize,
    Version: fn.version ?? LATEST,
    TracingConfig: { Mode: "PassThrough" },
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    ...(isOfImages(fn) ? { PackageType: "Image" } : {}),
    ...(fn.deadLetterQueue === undefined
      ? {}
      : { DeadLetterConfig: { TargetArn: queueArn(identity, fn.deadLetterQueue) } }),
  };
}

/** What a qualifier stands for; of an alias with two versions, the first. */
function shownVersion(fn: FunctionConfig, qualifier: string | undefined): FunctionConfig {
  return versionOf(fn, trafficOf(fn, qualifier)?.version ?? LATEST) ?? fn;
}

/** A function as an operation shows it that is about this one. One that is configured may be called. */
export function shownFunction(identity: Identity, fn: FunctionConfig, qualifier: string | undefined): JsonObject {
  return { ...listedFunction(identity, fn, qualifier), State: "Active", LastUpdateStatus: "Successful" };
}

/**
 * How many calls of a function go on at once: over all routers where that is reserved, else on each. Empty where it goes by
 * its environments alone.
 */
export function shownConcurrency(fn: FunctionConfig): JsonObject {
  if (fn.reservedConcurrency !== undefined) return { ReservedConcurrentExecutions: fn.reservedConcurrency };
  if (isOfImages(fn) && fn.concurrency === CONCURRENCY_MAX) return {};
  return { ReservedConcurrentExecutions: fn.concurrency };
}

function isOfImages({ run }: FunctionConfig): boolean {
  return run.kind === "container" || run.kind === "runtimeApi";
}
