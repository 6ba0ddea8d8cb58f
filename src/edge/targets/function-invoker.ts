import type { FunctionConfig } from "../../domain/target/function.ts";
import type { Invoker } from "../../ports/functions/functions.ts";
import { containerInvoker } from "./container/container.ts";
import { httpInvoker } from "./http-function.ts";
import type { ProcessOptions } from "./process/process.ts";
import { processInvoker } from "./process/process.ts";

/**
 * The invoker for a function's kind.
 *
 * @throws for a function that polls. It is never called.
 */
export function functionInvoker(fn: FunctionConfig, options: ProcessOptions): Invoker {
  const { run } = fn;
  switch (run.kind) {
    case "http":
      return httpInvoker({ ...fn, run }, options.responseLimit);
    case "container":
      return containerInvoker({ ...fn, run }, options);
    case "process":
      return processInvoker({ ...fn, run }, options);
    case "runtimeApi":
      throw new Error(`function "${fn.name}" polls: it has no invoker`);
  }
}
