import { posix } from "node:path";
import { UNPACKED_BYTES_MAX } from "../../../../domain/target/layer.ts";
import type { ArchiveEntry } from "./archive-entries.ts";

/** Why a layer cannot be used: its operator has to change it. */
export class LayerFault extends Error {}

const ENTRIES_MAX = 65_536;
const PATH_CHARACTERS_MAX = 1_024;
const LINK_BYTES_MAX = 4_096;

/** Refuses what an archive must not have, entry by entry. What it lets through stays below the folder that it is unpacked to. */
export class EntryCheck {
  #entries = 0;
  #bytes = 0;

  /**
   * @returns the entry's path without `.` parts; empty for the archive's own folder.
   * @throws {LayerFault} for an entry of a kind or name that is refused, and for one too many.
   */
  pathOf({ path, kind, bytes }: ArchiveEntry): string {
    this.#entries += 1;
    this.#bytes += bytes;
    if (this.#entries > ENTRIES_MAX) throw new LayerFault(`has more than ${ENTRIES_MAX} entries`);
    if (this.#bytes > UNPACKED_BYTES_MAX) {
      throw new LayerFault(`has more than ${UNPACKED_BYTES_MAX} bytes when it is unpacked`);
    }
    if (path.length > PATH_CHARACTERS_MAX || path.includes("\0") || path.includes("\\")) {
      throw new LayerFault(`has an entry whose name no file may have: ${shown(path)}`);
    }
    if (path.startsWith("/") || path.split("/").includes("..")) {
      throw new LayerFault(`has an entry that leads out of it: ${shown(path)}`);
    }
    if (kind === "other") throw new LayerFault(`has an entry that is no file, folder or symbolic link: ${shown(path)}`);
    if (kind === "link" && bytes > LINK_BYTES_MAX) throw new LayerFault(`has a link that is too long: ${shown(path)}`);
    const plain = posix.normalize(path).replace(/\/$/, "");
    return plain === "." ? "" : plain;
  }
}

/**
 * Refuses a link by its text alone. One that passes may still lead out over another link.
 *
 * @throws {LayerFault}
 */
export function checkLinkTarget(path: string, target: string): void {
  const way = posix.normalize(posix.join(posix.dirname(path), target));
  if (target === "" || target.startsWith("/") || target.includes("\0") || way === ".." || way.startsWith("../")) {
    throw new LayerFault(`has a link that leads out of it: ${shown(path)} to ${shown(target)}`);
  }
}

function shown(path: string): string {
  return JSON.stringify(path.slice(0, 200));
}
