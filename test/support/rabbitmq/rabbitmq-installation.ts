import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** The versions that promises are tried on: the oldest one supported, and two of the current series. */
export type RabbitMqVersion = "3.10" | "4.0" | "4.3";

/** A RabbitMQ server that can be run: on this machine, or in a file tree of its own that is entered by chroot. */
export interface Installation {
  /** `/`, or the folder that holds the tree. */
  readonly root: string;
  /** The folder of `rabbitmq-server`, as seen from the root. */
  readonly bin: string;
}

/** Debian's /usr/sbin holds wrappers that change the user; the real scripts are in this folder. */
const DEBIAN_BIN = "/usr/lib/rabbitmq/bin";
const BIN_FOLDERS = [DEBIAN_BIN, ...(process.env["PATH"] ?? "").split(delimiter), "/opt/homebrew/sbin"];

/**
 * The RabbitMQ of this machine when it has the version asked for; else the one in the tree that
 * `BUSBAR_TEST_RABBITMQ_TREE_4_3` names (for version 4.3): a folder with a whole Debian in it, `rabbitmq-server`
 * included, as debootstrap makes it. `BUSBAR_TEST_RABBITMQ_BIN` names another folder of this machine to look in.
 */
export async function findInstallation(version?: RabbitMqVersion): Promise<Installation | undefined> {
  const local = findLocal();
  if (version === undefined) return local;
  const tree = process.env[treeVariable(version)];
  const found = [local, tree === undefined ? undefined : { root: tree, bin: DEBIAN_BIN }];
  for (const installation of found) {
    if (installation !== undefined && (await versionOf(installation)).startsWith(`${version}.`)) return installation;
  }
  return undefined;
}

/** The environment variable that names the tree of a version. */
export function treeVariable(version: RabbitMqVersion): string {
  return `BUSBAR_TEST_RABBITMQ_TREE_${version.replace(".", "_")}`;
}

/** The program and arguments that run a command of the installation; `program` as seen from its root. */
export function commandIn({ root }: Installation, program: string, ...args: string[]): [string, string[]] {
  return root === "/" ? [program, args] : ["chroot", [root, program, ...args]];
}

/** Erlang reads /proc. A tree that was only just made, or made before the machine was last started, has none. */
export async function mountProc({ root }: Installation): Promise<void> {
  const proc = join(root, "proc");
  if (!existsSync(join(proc, "self"))) await promisify(execFile)("mount", ["-t", "proc", "proc", proc]);
}

function findLocal(): Installation | undefined {
  const folders = [process.env["BUSBAR_TEST_RABBITMQ_BIN"] ?? "", ...BIN_FOLDERS];
  const bin = folders.find((folder) => folder !== "" && existsSync(join(folder, "rabbitmq-server")));
  return bin === undefined ? undefined : { root: "/", bin };
}

async function versionOf(installation: Installation): Promise<string> {
  await mountProc(installation);
  const [file, args] = commandIn(installation, join(installation.bin, "rabbitmqctl"), "version");
  const env = { PATH: process.env["PATH"], HOME: "/tmp", LANG: "C.UTF-8" };
  return (await promisify(execFile)(file, args, { env })).stdout.trim();
}
