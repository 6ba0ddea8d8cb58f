import type { Config } from "../../../domain/config.ts";
import type { FunctionConfig } from "../../../domain/target/function.ts";
import { didYouMean } from "../../../text/nearest.ts";
import { HttpProblem } from "../../http/errors.ts";

/** The function that a request's path names. @throws HttpProblem 404 where there is none */
export function askedFunction({ name }: { readonly name: string }, { functions }: Config): FunctionConfig {
  const fn = functions.get(name);
  if (fn !== undefined) return fn;
  throw new HttpProblem(404, `there is no function "${name}"${didYouMean(name, functions.keys())}`);
}
