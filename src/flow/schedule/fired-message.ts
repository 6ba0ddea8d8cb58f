import { z } from "zod";
import { markedJson } from "../../json/marked-json.ts";

/** How many firings one message tells of. What is left out is not shown by other routers. */
const FIRED_MAX = 1_000;

const layout = markedJson("busbar-fired/1");

const firings = z.object({
  fired: z
    .array(z.object({ schedule: z.string(), dueMs: z.number(), firedAtMs: z.number() }))
    .max(FIRED_MAX)
    .readonly(),
});

/** What the router that fires schedules sends to all others, so that each can show it. */
export type FiredMessage = z.infer<typeof firings>;

export function encodeFired({ fired }: FiredMessage): Buffer {
  const shown = fired.slice(-FIRED_MAX);
  return layout.encode({ fired: shown.map(({ schedule, dueMs, firedAtMs }) => ({ schedule, dueMs, firedAtMs })) });
}

/** Undefined for a message of another kind, and for one that cannot be read. */
export function decodeFired(bytes: Buffer): FiredMessage | undefined {
  return firings.safeParse(layout.decode(bytes)).data;
}
