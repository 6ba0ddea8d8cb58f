import { readsFunction } from "./reads-function.ts";
import { shownConcurrency, shownFunction } from "./shown-function.ts";

/** GetFunction. Where its code is nobody knows here; Terraform takes a function without `Code` for one that is gone. */
export const getFunction = readsFunction("GetFunctionRequest", ({ identity }, { fn, qualifier }) => {
  const concurrency = shownConcurrency(fn);
  return {
    Configuration: shownFunction(identity, fn, qualifier),
    Code: {},
    ...(Object.keys(concurrency).length === 0 ? {} : { Concurrency: concurrency }),
  };
});

/** GetFunctionConfiguration. */
export const getFunctionConfiguration = readsFunction(
  "GetFunctionConfigurationRequest",
  ({ identity }, { fn, qualifier }) => shownFunction(identity, fn, qualifier),
);

/** GetFunctionConcurrency. */
export const getFunctionConcurrency = readsFunction("GetFunctionConcurrencyRequest", (_api, { fn }) =>
  shownConcurrency(fn),
);
