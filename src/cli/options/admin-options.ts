import type { Command } from "commander";
import { AdminClient } from "../client/admin-client.ts";
import { localRouterUrl, urlOption } from "./options.ts";

/** The options of every command that asks a running router's admin port. */
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

export function clientOf({ adminUrl }: AdminOptions): AdminClient {
  return new AdminClient(adminUrl ?? localRouterUrl("adminPort"));
}
