import { execFile } from "node:child_process";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { eventually } from "../../../../test/contract/waiting.ts";
import type { Context, Scenario } from "../../scenario.ts";

const DISK_MIB = 48;
const FILLER_BYTES = 65_536;

export const diskFull: Scenario = {
  name: "disk-full",
  description: "the embedded broker's file system is filled by something else, until that goes away",
  seconds: 5,
  async run(context) {
    const disk = await mountDisk(context);
    const stage = await context.stage({ broker: "embedded", env: { BUSBAR_DATA: join(disk, "data") } });
    const load = stage.startLoad();
    await stage.flows();

    const { router } = stage;
    const filler = join(disk, "filler");
    const filling = keepFull(filler);
    await load.refused();
    await eventually("the metric tells", async () => (await router.metric("busbar_broker_blocked")) === 1);
    await sleep(context.seconds * 1_000);
    await filling.stop();
    await rm(filler);

    return stage.account();
  },
};

/** A small file system of one's own, which goes with the scenario. */
async function mountDisk(context: Context): Promise<string> {
  const run = promisify(execFile);
  const disk = await mkdtemp(join(tmpdir(), "busbar-faults-"));
  context.after(() => rm(disk, { recursive: true }));
  await run("mount", ["-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "tmpfs", disk]).catch((cause: unknown) => {
    throw new Error("a full disk takes one that may be filled: mounting a tmpfs takes root", { cause });
  });
  context.after(() => run("umount", [disk]));
  return disk;
}

/** Takes every bit of room there is, also what the router gives back meanwhile. */
function keepFull(path: string): { stop(): Promise<void> } {
  let stopped = false;
  const filling = fill();
  return {
    async stop() {
      stopped = true;
      await filling;
    },
  };

  async function fill(): Promise<void> {
    const file = await open(path, "w");
    while (!stopped) {
      try {
        await file.write(Buffer.alloc(FILLER_BYTES));
      } catch {
        await file.write(Buffer.alloc(4_096)).catch(() => sleep(20));
      }
    }
    await file.close();
  }
}
