import { execFile, execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { appendFile, chown, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { freePorts } from "../http/free-ports.ts";
import { atProcessEnd } from "../router/process-end.ts";

const run = promisify(execFile);

export interface ServerSettings {
  readonly hba?: string;
  readonly conf?: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** A PostgreSQL that a test may do anything to. */
export interface PostgresServer {
  /** Of its superuser, who needs no password. */
  readonly url: string;
  /** Starts it again: the same data, the same port. Resolves when it takes connections. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** SIGKILL to all its processes, as a crash does. */
  kill(): Promise<void>;
  /** Stops all its processes where they are until `thaw`: its connections stay, and nobody answers. */
  freeze(): void;
  thaw(): void;
  /** Writes files into its data, adds lines to pg_hba.conf, before those that are there, and to postgresql.conf; and has them read. */
  configure(settings: ServerSettings): Promise<void>;
  /** Starts another server that follows this one. */
  startStandby(): Promise<PostgresServer & { promote(): Promise<void> }>;
  /** Ends it and deletes its data. */
  remove(): Promise<void>;
}

/** As `postgres` where the tests run as root, which PostgreSQL refuses to run as. */
const AS_ROOT = process.getuid?.() === 0;

/** Makes and starts a server: a free port of 127.0.0.1 and data of its own. It ends with this process at the latest. */
export async function startPostgresServer(bin: string): Promise<PostgresServer> {
  const folder = await newFolder();
  await asPostgres(join(bin, "initdb"), "-D", folder, "-U", "busbar", "-A", "trust", "-E", "UTF8", "--locale=C", "-N");
  // A crash of the machine is not tried here, one of the server is: what it has written stays without an fsync.
  await appendFile(join(folder, "postgresql.conf"), "wal_level = replica\nfsync = off\nmax_connections = 60\n");
  await appendFile(join(folder, "pg_hba.conf"), "host replication busbar 127.0.0.1/32 trust\n");
  const server = await startIn(bin, folder);
  await asPostgres(join(bin, "createdb"), "-h", "127.0.0.1", "-p", new URL(server.url).port, "-U", "busbar", "busbar");
  return server;
}

async function startIn(bin: string, folder: string): Promise<PostgresServer & { promote(): Promise<void> }> {
  const [port = 0] = await freePorts(1);
  const control = (...args: string[]): Promise<unknown> => asPostgres(join(bin, "pg_ctl"), "-D", folder, "-w", ...args);
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder}`;
  const removeNow = (): void => {
    killAll(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const undo = atProcessEnd(removeNow);
  const server = {
    url: `postgres://busbar@127.0.0.1:${port}/busbar`,
    start: () => control("-l", join(folder, "log"), "-o", options, "start").then(() => undefined),
    stop: () => control("-m", "fast", "stop").then(() => undefined),
    async kill() {
      const killed = killAll(folder);
      while (killed.some(isRunning)) await delay(10);
    },
    freeze: () => void signalAll(folder, "SIGSTOP"),
    thaw: () => void signalAll(folder, "SIGCONT"),
    async configure({ hba = "", conf = "", files = {} }: ServerSettings) {
      for (const [name, text] of Object.entries(files)) await writeAsPostgres(join(folder, name), text);
      const file = join(folder, "pg_hba.conf");
      await writeFile(file, `${hba}\n${await readFile(file, "utf8")}`);
      await appendFile(join(folder, "postgresql.conf"), `\n${conf}\n`);
      await control("reload");
    },
    async startStandby() {
      const standby = await newFolder();
      const source = ["-h", "127.0.0.1", "-p", String(port), "-U", "busbar"];
      await asPostgres(join(bin, "pg_basebackup"), ...source, "-D", standby, "-R", "-X", "stream", "-c", "fast");
      return startIn(bin, standby);
    },
    promote: () => control("promote").then(() => undefined),
    remove() {
      undo();
      removeNow();
      return Promise.resolve();
    },
  };
  await server.start();
  return server;
}

async function newFolder(): Promise<string> {
  // The folder for temporary files may be root's alone.
  const folder = await mkdtemp(join(AS_ROOT ? "/tmp" : tmpdir(), "busbar-postgres-"));
  await giveToPostgres(folder);
  return folder;
}

/** Keys must be readable by their owner alone. */
async function writeAsPostgres(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  await giveToPostgres(file);
}

async function giveToPostgres(path: string): Promise<void> {
  if (!AS_ROOT) return;
  const [user = 0, group = 0] = ["-u", "-g"].map((flag) =>
    Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" })),
  );
  await chown(path, user, group);
}

function asPostgres(program: string, ...args: readonly string[]): Promise<unknown> {
  const asOther = ["-u", "postgres", "--", program, ...args];
  return AS_ROOT ? run("runuser", asOther, { cwd: "/tmp" }) : run(program, args);
}

/** Signals the process in the first line of the server's file and its children, and returns their ids. */
function signalAll(folder: string, signal: NodeJS.Signals): readonly number[] {
  const pid = Number(readPid(folder));
  if (!(pid > 0)) return [];
  const children = execFileSync("ps", ["-o", "pid=,ppid=", "-A"], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid);
  const signalled = [pid, ...children.map(([child = 0]) => child)];
  for (const each of signalled) {
    try {
      process.kill(each, signal);
    } catch {
      // It has ended by itself.
    }
  }
  return signalled;
}

/** Kills the server's processes, and returns their ids. */
function killAll(folder: string): readonly number[] {
  const killed = signalAll(folder, "SIGKILL");
  if (killed.length === 0) return [];
  // Their process ids may be in use for a moment longer, and the next start would believe it.
  for (const file of readdirSync(folder)) {
    if (file === "postmaster.pid" || file.startsWith(".s.PGSQL.")) rmSync(join(folder, file));
  }
  return killed;
}

/** A process that was killed and that nobody has asked about (Z) does nothing any more. */
function isRunning(pid: number): boolean {
  const state = execFileSync("ps", ["-o", "stat=,pid=", "-A"], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find(([, each]) => Number(each) === pid)?.[0];
  return state !== undefined && !state.startsWith("Z");
}

function readPid(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, "postmaster.pid"), "utf8").split("\n")[0];
  } catch {
    return undefined;
  }
}
