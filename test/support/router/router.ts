import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventually } from "../../contract/waiting.ts";
import { PROGRAM } from "./checkout.ts";
import { atProcessEnd } from "./process-end.ts";

/** One line of a router's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** An entry as PutEvents takes it, with the detail as an object. */
export interface TestEntry {
  readonly source?: string;
  readonly detailType?: string;
  readonly detail: object;
  readonly bus?: string;
}

export interface PutAnswer {
  readonly status: number;
  /** The event id of each entry, or undefined where it was refused. */
  readonly eventIds: readonly (string | undefined)[];
  readonly body: unknown;
}

export interface RouterOptions {
  /** The configuration, as the text of one YAML file. */
  readonly config: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Used again by a restart: where the embedded broker keeps its messages. */
  readonly data?: string;
  /** The folder of the version whose sources it runs from, in place of the program that is tested. */
  readonly sources?: string;
  /** How long a start may take, in place of the usual bound. */
  readonly startMsMax?: number;
}

/** The whole router as a child process, on free ports, with a configuration of its own. */
export class Router {
  readonly log: LogLine[] = [];
  readonly folder: string;
  publicUrl = "";
  adminUrl = "";
  runtimeApiPort = 0;
  routesUrl = "";
  #child: ChildProcess | undefined;
  readonly #options: RouterOptions;
  readonly #staysAtProcessEnd: () => void;

  private constructor(folder: string, options: RouterOptions) {
    this.folder = folder;
    this.#options = options;
    this.#staysAtProcessEnd = atProcessEnd(() => {
      this.#child?.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    });
  }

  static async start(options: RouterOptions): Promise<Router> {
    const folder = await mkdtemp(join(tmpdir(), "busbar-e2e-"));
    const router = new Router(folder, options);
    try {
      await router.configure(options.config);
      await router.launch();
    } catch (error) {
      await router.remove();
      throw error;
    }
    return router;
  }

  /** Replaces the configuration file; a running router takes notice by itself. */
  async configure(yaml: string): Promise<void> {
    await writeFile(join(this.folder, "busbar.yaml"), yaml);
  }

  /** Starts the process, again after a kill, and waits until it listens. Changes are for this launch. */
  async launch(changes: Pick<RouterOptions, "env" | "sources"> = {}): Promise<void> {
    const env = {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      NODE_V8_COVERAGE: process.env["NODE_V8_COVERAGE"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      BUSBAR_CONFIG: this.folder,
      BUSBAR_DATA: this.#options.data ?? join(this.folder, "data"),
      BUSBAR_HTTP_PORT: "0",
      BUSBAR_ADMIN_PORT: "0",
      BUSBAR_RUNTIME_API_PORT: "0",
      BUSBAR_ROUTES_PORT: "0",
      BUSBAR_LOG_LEVEL: "info",
      BUSBAR_ALLOW_PROCESS: "true",
      ...this.#options.env,
      ...changes.env,
    };
    const sources = changes.sources ?? this.#options.sources;
    const child = spawn(process.execPath, [sources === undefined ? PROGRAM : "src/main.ts", "serve"], {
      env,
      cwd: sources,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    const from = this.log.length;
    createInterface({ input: child.stderr }).on("line", (line) => this.#keep(line));
    const listening = () => this.log.slice(from).find((line) => line.msg === "listening");
    const isListening = (): boolean => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the router ended: ${JSON.stringify(this.log.slice(-5))}`);
      return listening() !== undefined;
    };
    await eventually("the router listens", isListening, this.#options.startMsMax);
    const line = listening();
    this.publicUrl = String(line?.["publicUrl"]);
    this.adminUrl = String(line?.["adminUrl"]);
    this.routesUrl = String(line?.["routesUrl"]);
    this.runtimeApiPort = Number(line?.["runtimeApiPort"]);
  }

  /** Puts entries, ten a request at most. Resolves with what the router answered, whatever that is. */
  async put(entries: readonly TestEntry[]): Promise<PutAnswer> {
    const response = await fetch(this.publicUrl, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents" },
      body: JSON.stringify({ Entries: entries.map(wireEntry) }),
    });
    const body = (await response.json()) as { Entries?: { EventId?: string }[] };
    const eventIds = entries.map((_, index) => body.Entries?.[index]?.EventId);
    return { status: response.status, eventIds, body };
  }

  /** The first line of the log that fits, once it has arrived: a router answers before its log is read here. */
  async logged(what: string, isIt: (line: LogLine) => boolean): Promise<LogLine> {
    await eventually(`it logs ${what}`, () => this.log.some(isIt));
    return this.log.find(isIt)!;
  }

  /** A queue's depth, as the admin port has it. */
  async depth(queue: string): Promise<number> {
    const response = await fetch(`${this.adminUrl}/api/v1/queues`);
    const { queues } = (await response.json()) as { queues: { name: string; ready: number }[] };
    return queues.find((one) => one.name === queue)?.ready ?? 0;
  }

  /** Takes messages out of a queue, 100 at most. */
  async receive(
    queue: string,
    limit = 100,
  ): Promise<readonly { id: string; headers: Record<string, unknown>; body: string }[]> {
    const url = `${this.adminUrl}/api/v1/queues/${queue}/receive?delete=true&limit=${limit}`;
    const response = await fetch(url, { method: "POST" });
    return ((await response.json()) as { messages: [] }).messages;
  }

  /** The value of one series of the metrics page; 0 when it is not there. */
  async metric(series: string): Promise<number> {
    const page = await (await fetch(`${this.adminUrl}/metrics`)).text();
    const line = page.split("\n").find((each) => each.startsWith(`${series} `));
    return line === undefined ? 0 : Number(line.slice(series.length + 1));
  }

  /** The sum over all series of a metric that have these labels; 0 when there is none. */
  async metricSum(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const page = await (await fetch(`${this.adminUrl}/metrics`)).text();
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const lines = page.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    const fitting = lines.filter((line) => wanted.every((label) => line.includes(label)));
    return fitting.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  /** As a crash does it. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** As Kubernetes does it. Resolves with the exit code. */
  stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Ends it if it runs, and deletes its folder. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
    this.#staysAtProcessEnd();
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
    return child.exitCode;
  }

  #keep(line: string): void {
    try {
      this.log.push(JSON.parse(line) as LogLine);
    } catch {
      this.log.push({ level: "none", msg: line });
    }
  }
}

function wireEntry({ source = "test", detailType = "Tested", detail, bus }: TestEntry): object {
  const wire = { Source: source, DetailType: detailType, Detail: JSON.stringify(detail) };
  return bus === undefined ? wire : { ...wire, EventBusName: bus };
}
