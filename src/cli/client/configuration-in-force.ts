import type { ConfigurationAnswer } from "../../admin-api/configuration/configurations.ts";
import { ROUTER_OPERATIONS } from "../../admin-api/operations/routers.ts";
import { CommandError } from "../command-error.ts";
import type { ApiClient } from "./api-client.ts";

/** The configuration of the router that is asked. */
export async function configurationInForce(client: ApiClient): Promise<ConfigurationAnswer> {
  const { configurations } = await client.ask(ROUTER_OPERATIONS.listConfigurations, {});
  // Only of its own does a router know how long it is.
  const digest = configurations.find(({ bytes }) => bytes !== undefined)?.digest;
  if (digest === undefined) throw new CommandError("the router has no configuration yet");
  return client.ask(ROUTER_OPERATIONS.getConfiguration, { path: { digest } });
}
