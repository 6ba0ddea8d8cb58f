import type { ChildProcess, ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { eventually } from "../../contract/waiting.ts";
import { freePorts } from "../http/free-ports.ts";
import { PROGRAM } from "../router/checkout.ts";
import { atProcessEnd } from "../router/process-end.ts";
import type { Router } from "../router/router.ts";

interface ConsoleProcessOptions {
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** `busbar console` as a child process, on a port and in a folder of its own that it keeps when it is started again. */
export class ConsoleProcess {
  readonly url: string;
  /** Of the index. */
  readonly folder: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #staysAtProcessEnd: () => void;
  #child: ChildProcess | undefined;

  private constructor(url: string, folder: string, env: Readonly<Record<string, string>>) {
    this.url = url;
    this.folder = folder;
    this.#env = env;
    this.#staysAtProcessEnd = atProcessEnd(() => this.#child?.kill("SIGKILL"));
  }

  /**
   * Resolves when it answers.
   *
   * @param broker AMQP URLs.
   * @param router whose API it passes on.
   * @param options a port, a free one by default, and more of its environment. With a certificate it speaks HTTPS.
   */
  static async start(broker: string, router: Router, options: ConsoleProcessOptions = {}): Promise<ConsoleProcess> {
    const folder = await mkdtemp(join(tmpdir(), "busbar-console-"));
    const { port = (await freePorts(1))[0], env = {} } = options;
    const scheme = env["BUSBAR_TLS_CERT_FILE"] === undefined ? "http" : "https";
    const started = new ConsoleProcess(`${scheme}://127.0.0.1:${port}`, folder, {
      BUSBAR_BROKER: broker,
      BUSBAR_CONSOLE_PORT: String(port),
      BUSBAR_CONSOLE_DATA: folder,
      BUSBAR_CONSOLE_ADMIN_URL: router.adminUrl,
      BUSBAR_CONSOLE_PUBLIC_URL: router.publicUrl,
      ...env,
    });
    await started.launch();
    return started;
  }

  /** Starts the process, again after a kill, and waits until it answers. */
  async launch(): Promise<void> {
    const child = this.begin();
    const printed = text(child.stderr);
    await eventually(
      "the console answers",
      async () => {
        if (hasEnded(child)) throw new Error(`the console ended: ${await printed}`);
        return await isAlive(this.url);
      },
      30_000,
    );
  }

  /** Starts the process, and waits for nothing. */
  begin(): ChildProcessByStdio<null, null, Readable> {
    const { PATH, HOME, NODE_V8_COVERAGE, NODE_COMPILE_CACHE } = process.env;
    const child = spawn(process.execPath, [PROGRAM, "console"], {
      env: { PATH, HOME, NODE_V8_COVERAGE, NODE_COMPILE_CACHE, ...this.#env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    return child;
  }

  /** What it answers to a request for JSON; undefined for what it does not know. */
  async get(path: string): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`);
    const body: unknown = await response.json();
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${JSON.stringify(body)}`);
    return body;
  }

  /** As a crash does it. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  /** Only while it does not run. The console makes the folder again. */
  async deleteIndex(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Ends it if it runs, and deletes its folder. */
  async remove(): Promise<void> {
    await this.kill();
    await this.deleteIndex();
    this.#staysAtProcessEnd();
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Whatever its certificate is. */
async function isAlive(url: string): Promise<boolean> {
  const answer = Promise.withResolvers<boolean>();
  const get = url.startsWith("https:") ? https.get : http.get;
  get(`${url}/livez`, { rejectUnauthorized: false, agent: false }, (response) => {
    response.resume();
    answer.resolve(response.statusCode === 200);
  }).on("error", () => answer.resolve(false));
  return answer.promise;
}
