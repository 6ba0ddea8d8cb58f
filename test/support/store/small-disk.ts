import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A file system of its own, which can be filled. */
export interface SmallDisk {
  readonly folder: string;
  /** Leaves so many bytes free, by a file in the way. */
  fill(freeBytes: number): void;
  /** Takes that file away. */
  makeRoom(): void;
}

/** Mounts a tmpfs until the test ends; undefined, and the test is skipped, where that is not allowed. */
export function mountSmallDisk(t: TestContext, mebibytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), "busbar-small-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m,mode=0777`, "tmpfs", folder], { stdio: "pipe" });
  } catch {
    rmSync(folder, { recursive: true });
    t.skip("a tmpfs cannot be mounted here");
    return undefined;
  }
  t.after(() => {
    execFileSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true });
  });
  const ballast = join(folder, "ballast");
  return {
    folder,
    fill: (freeBytes) => {
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)));
    },
    makeRoom: () => rmSync(ballast, { force: true }),
  };
}
