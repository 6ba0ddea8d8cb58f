import type { Command } from "commander";
import { FUNCTION_OPERATIONS } from "../../admin-api/operations/functions.ts";
import type { AdminOptions } from "../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../options/admin-options.ts";
import { formatTable } from "../output/format.ts";
import type { Terminal } from "../terminal.ts";

/** `blocked-keys`: lists the keys that wait for an event that does not succeed. */
export function addBlockedKeys(program: Command, terminal: Terminal): void {
  const command = program
    .command("blocked-keys")
    .description("list the keys that wait for an event that does not succeed");
  addAdminOptions(command).action(async (options: AdminOptions) => {
    const { blockedKeys } = await clientOf(options, terminal.env).ask(FUNCTION_OPERATIONS.listBlockedKeys);
    if (options.json) return terminal.printJson(blockedKeys);
    if (blockedKeys.length === 0) return terminal.note("no key is blocked\n");
    const rows = blockedKeys.map((each) => {
      return [each.function, each.key ?? "", each.deliveryId, each.since, String(each.attempts), each.reason];
    });
    terminal.print(formatTable(["FUNCTION", "KEY", "DELIVERY", "SINCE", "ATTEMPTS", "REASON"], rows));
  });
}

/** `skip`: has the event that blocks a key given up. */
export function addSkip(program: Command, terminal: Terminal): void {
  const command = program
    .command("skip")
    .description("give up the event that blocks a key: it becomes a dead letter, and the key goes on")
    .argument("<function>", "its name")
    .argument("<delivery>", "the delivery's id, as blocked-keys shows it");
  addAdminOptions(command).action(async (name: string, delivery: string, options: AdminOptions) => {
    const path = { name, id: delivery };
    const skipped = await clientOf(options, terminal.env).ask(FUNCTION_OPERATIONS.skipBlockedKey, { path });
    if (options.json) return terminal.printJson(skipped);
    terminal.print(`delivery ${delivery} is skipped: its key goes on\n`);
  });
}
