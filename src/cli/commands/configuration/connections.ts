import type { Command } from "commander";
import type { ConnectionListAnswer } from "../../../admin-api/configuration/connections.ts";
import { CONFIGURATION_OPERATIONS } from "../../../admin-api/operations/configuration.ts";
import { allPages } from "../../client/all-pages.ts";
import { CommandError } from "../../command-error.ts";
import type { AdminOptions } from "../../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../../options/admin-options.ts";
import { inOneLine } from "../../output/escape.ts";
import { formatTable, utcText } from "../../output/format.ts";
import type { Terminal } from "../../terminal.ts";

type ListedConnection = ConnectionListAnswer["connections"][number];

/** `connections [name]`: whether connections are authorized, over the admin port of a router. */
export function addConnections(program: Command, terminal: Terminal): void {
  addAdminOptions(
    program
      .command("connections")
      .description("the connections that were made over the API: their states, and who uses them")
      .argument("[name]", "one connection, with why it is not authorized"),
  ).action(async (name: string | undefined, options: AdminOptions) => {
    const connections = await allOf(options, name, terminal.env);
    if (options.json) return terminal.printJson({ connections });
    if (name === undefined) return terminal.print(formatTable(HEAD, connections.map(rowOf)));
    const [connection] = connections;
    if (connection === undefined) throw new CommandError(`there is no connection "${inOneLine(name)}"`);
    terminal.print(formatTable(HEAD, [rowOf(connection)]));
    for (const line of linesOf(connection)) terminal.print(`\n${inOneLine(line)}\n`);
  });
}

async function allOf(
  options: AdminOptions,
  name: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<readonly ListedConnection[]> {
  const client = clientOf(options, env);
  return allPages(async (after) => {
    const asked = { query: { connection: name, after } };
    const { connections: rows, next } = await client.ask(CONFIGURATION_OPERATIONS.listConnections, asked);
    return { rows, next };
  });
}

const HEAD = ["CONNECTION", "TYPE", "STATE", "LAST AUTHORIZED", "USED BY"];

function rowOf(connection: ListedConnection): readonly string[] {
  const { name, authorizationType, state, lastAuthorizedAtMs } = connection;
  return [name, authorizationType, state, utcText(lastAuthorizedAtMs), usersOf(connection)];
}

function usersOf({ apiDestinations, apiDestinationCount: count }: ListedConnection): string {
  if (count === 0) return "-";
  const unnamed = count - apiDestinations.length;
  return [...apiDestinations, ...(unnamed === 0 ? [] : [`${unnamed} more`])].join(", ");
}

function linesOf({ description, stateReason, unusable }: ListedConnection): readonly string[] {
  return [
    ...(description === undefined ? [] : [description]),
    ...(stateReason === undefined ? [] : [`not authorized: ${stateReason}`]),
    ...(unusable === undefined ? [] : [`calls with it fail: ${unusable}`]),
  ];
}
