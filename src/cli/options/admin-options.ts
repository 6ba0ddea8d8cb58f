import type { Command } from "commander";
import { ApiClient } from "../client/api-client.ts";
import { tokenIn } from "../client/router-call.ts";
import { localRouterUrl, urlOption } from "./options.ts";

/** The options of every command that calls a router's admin port. */
export interface AdminOptions {
  readonly adminUrl?: string;
  readonly json?: boolean;
}

export function addAdminOptions(command: Command): Command {
  return command
    .option(
      "--admin-url <url>",
      "the router's admin port (default: by BUSBAR_HOST and BUSBAR_ADMIN_PORT)",
      urlOption("--admin-url"),
    )
    .option("--json", "print JSON");
}

/** The client of the router that the options name, else of the one that this environment describes. */
export function clientOf({ adminUrl }: AdminOptions, env: NodeJS.ProcessEnv): ApiClient {
  return new ApiClient("router", adminUrl ?? localRouterUrl("adminPort", env), tokenIn(env));
}
