import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

/** Where the probe in a router listens. */
export const SOCKET_VARIABLE = "EVENT_LOOP_PROBE";

/** How long the event loop of a process stood still, since this was last asked. */
export interface Standstills {
  readonly maxMs: number;
  /** How often for more than 20 ms. */
  readonly long: number;
  /** The longest collection of garbage, which is part of a standstill. */
  readonly gcMaxMs: number;
}

/** The environment in which a router loads the probe. */
export function probed(socket: string): Readonly<Record<string, string>> {
  const probe = pathToFileURL(join(import.meta.dirname, "probe.ts")).href;
  return { NODE_OPTIONS: `--import=${probe}`, [SOCKET_VARIABLE]: socket };
}

/** Of several processes, the worst of each. */
export async function standstillsAt(sockets: readonly string[]): Promise<Standstills> {
  const each = await Promise.all(sockets.map(async (socket) => JSON.parse(await text(connect(socket))) as Standstills));
  const worst = (of: (one: Standstills) => number): number => Math.max(...each.map(of));
  return {
    maxMs: worst(({ maxMs }) => maxMs),
    long: worst(({ long }) => long),
    gcMaxMs: worst(({ gcMaxMs }) => gcMaxMs),
  };
}
