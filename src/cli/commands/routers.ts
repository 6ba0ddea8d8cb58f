import type { Command } from "commander";
import { ROUTER_OPERATIONS } from "../../admin-api/operations/routers.ts";
import type { ListedRouter } from "../../admin-api/configuration/routers.ts";
import type { AdminOptions } from "../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../options/admin-options.ts";
import { inOneLine } from "../output/escape.ts";
import { counted, formatTable } from "../output/format.ts";
import type { Terminal } from "../terminal.ts";

const HEAD = ["ROUTER", "VERSION", "UP", "CONFIGURATION", "BROKER", "WAITING", "IN FLIGHT", "LAG", "STATE"];
const MIB = 1024 * 1024;

/** `routers`: how each router at the broker is, over the admin port of one. */
export function addRouters(program: Command, terminal: Terminal): void {
  addAdminOptions(program.command("routers").description("the routers at the broker, and what each runs")).action(
    async (options: AdminOptions) => {
      const answer = await clientOf(options, terminal.env).ask(ROUTER_OPERATIONS.listRouters);
      if (options.json) return terminal.printJson(answer);
      const { nowMs, routers } = answer;
      terminal.print(
        formatTable(
          HEAD,
          routers.map((router) => rowOf(router, nowMs)),
        ),
      );
      for (const note of notesOf(routers)) terminal.note(`warning: ${inOneLine(note)}\n`);
    },
  );
}

function rowOf(router: ListedRouter, nowMs: number): readonly string[] {
  const { id, version, startedAtMs, configuration, broker, puts, bytesInFlight, eventLoopLagMs } = router;
  return [
    id,
    version,
    shortDuration(nowMs - startedAtMs),
    configuration.digest,
    broker,
    `${puts.waiting}/${puts.admitted}`,
    `${Math.round(bytesInFlight.used / MIB)}/${Math.round(bytesInFlight.max / MIB)} MiB`,
    `${Math.round(eventLoopLagMs)} ms`,
    stateOf(router, nowMs),
  ];
}

function stateOf({ silent, ready, seenAtMs }: ListedRouter, nowMs: number): string {
  if (silent) return `silent for ${shortDuration(nowMs - seenAtMs)}`;
  return ready ? "ready" : "not ready";
}

/** What somebody should see at once. */
function notesOf(routers: readonly ListedRouter[]): readonly string[] {
  const live = routers.filter(({ silent }) => !silent);
  const digests = new Set(live.map(({ configuration }) => configuration.digest));
  const open = Map.groupBy(
    live.flatMap(({ destinations }) => destinations.filter(({ circuit }) => circuit === "open")),
    ({ destination }) => destination,
  );
  return [
    ...(digests.size > 1 ? [`the routers run ${digests.size} different configurations`] : []),
    ...[...open].map(
      ([destination, held]) =>
        `${held.length} of ${counted(live.length, "router")} hold the circuit of ${destination} open`,
    ),
  ];
}

/** `45s`, `12m`, `3h`, `2d`. */
function shortDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
