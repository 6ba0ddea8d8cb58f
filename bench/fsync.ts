import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./median.ts";

const TIMES = 50;

/** How long this machine's disk takes to make 4 KiB durable, in milliseconds: every figure of a durable store hangs on it. */
export async function fsyncMs(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "busbar-fsync-"));
  const file = await open(join(folder, "file"), "w");
  const block = Buffer.alloc(4_096);
  const times: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const startedAtMs = performance.now();
    await file.write(block);
    await file.datasync();
    times.push(performance.now() - startedAtMs);
  }
  await file.close();
  await rm(folder, { recursive: true });
  return Number(median(times).toFixed(2));
}
