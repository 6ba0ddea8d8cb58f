import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { Made } from "../../domain/made/made.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Sealing } from "../../ports/store/sealing.ts";
import type { ChangedEntity } from "../../ports/made.ts";
import { ConfigError } from "../config-error.ts";
import type { Compilers } from "../kinds/kind/context.ts";
import { loadConfig } from "../load.ts";
import type { FileConfig } from "../made/in-force/made-in-force.ts";
import { MadeMerge } from "../made/in-force/merge-made.ts";
import { SpacedRuns } from "./spaced-runs.ts";
import { formatProblem } from "../source/problem.ts";
import { watchConfig } from "./watch.ts";

/** What has to happen around a change of hands. */
export interface ConfigFollower {
  /** Makes ready what the next configuration needs; when it rejects, the current one stays. */
  prepare(next: Config): Promise<void>;
  /** Called when the next one is in force. */
  follow(current: Config): void;
}

export interface LiveConfigOptions {
  readonly folder: string;
  readonly compilers: Compilers;
  readonly identity: Identity;
  /** Opens the secrets of connections that were made over the API. */
  readonly openSecret: Sealing["open"];
  readonly observer: Pick<Observer, "reloaded">;
  /** Called with what of the store is not in force, and why, when that has changed. */
  readonly onLeftOut: (leftOut: Made["leftOut"]) => void;
}

/**
 * The configuration in force, which files and the API make together. Another takes its place whole, when its files have
 * changed and are right, or something was made over the API. Wrong files change nothing.
 */
export class LiveConfig {
  #current: Config;
  #files: FileConfig;
  readonly #merge: MadeMerge;
  readonly #options: LiveConfigOptions;
  #follower: ConfigFollower | undefined;
  /** Reloads happen one after another. */
  readonly #reloads: SpacedRuns<boolean>;
  /** Changes of hands happen one after another, whichever hand they come from. */
  #lastTurn: Promise<unknown> = Promise.resolve();
  #changedEarly = false;
  #stopWatching: () => void = () => undefined;
  #isStopped = false;

  private constructor(options: LiveConfigOptions, first: FileConfig) {
    this.#options = options;
    this.#files = first;
    this.#current = first.config;
    this.#merge = new MadeMerge(options.identity, options.openSecret, () => this.#adoptRenewed());
    this.#reloads = new SpacedRuns(() => this.#reload());
  }

  /**
   * Reads the folder and watches it.
   *
   * @throws ConfigError when the files are wrong.
   */
  static async open(options: LiveConfigOptions): Promise<LiveConfig> {
    // Watched before it is read, so that no change goes unseen in between.
    let live: LiveConfig | undefined;
    const stop = await watchConfig(options.folder, () => void live?.reload());
    try {
      live = new LiveConfig(options, await read(options));
    } catch (error) {
      stop();
      throw error;
    }
    live.#stopWatching = stop;
    return live;
  }

  get current(): Config {
    return this.#current;
  }

  /**
   * Lets reloads begin. What was changed during the start is made up for.
   *
   * @param started the configuration that the follower was started with.
   */
  async begin(follower: ConfigFollower, started: Config): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#current !== started) {
        await follower.prepare(this.#current);
        follower.follow(this.#current);
      }
      this.#follower = follower;
    });
    this.#reportTakenOver();
    if (this.#changedEarly) void this.reload();
  }

  /**
   * Reads the files again. Resolves with whether they were taken over. Reloads that are asked for while one is going on are
   * one, and reloading takes at most a fifth of the time: a configuration that is written to all the time must not starve puts.
   */
  reload(): Promise<boolean> {
    return this.#reloads.run();
  }

  /** Neither files nor renewed indexes change anything any more. */
  stop(): void {
    this.#isStopped = true;
    this.#stopWatching();
  }

  /**
   * Puts in force what has changed of what was made over the API: at first, everything. Resolves when it is. When it rejects,
   * nothing has changed, and the same may be given again.
   */
  takeOver(changed: readonly ChangedEntity[]): Promise<void> {
    return this.#inTurn(async () => {
      const next = await this.#merge.merge(this.#files, changed);
      await this.#follower?.prepare(next);
      this.#put(next);
      this.#follower?.follow(next);
    });
  }

  async #reload(): Promise<boolean> {
    if (this.#follower === undefined) {
      this.#changedEarly = true;
      return false;
    }
    const follower = this.#follower;
    try {
      const files = await read(this.#options);
      await this.#inTurn(async () => {
        const next = this.#current.made === undefined ? files.config : await this.#merge.merge(files, []);
        await follower.prepare(next);
        this.#files = files;
        this.#put(next);
        follower.follow(next);
      });
      this.#reportTakenOver();
      return true;
    } catch (error) {
      const problems = error instanceof ConfigError ? error.problems : [String(error)];
      this.#options.observer.reloaded({ ok: false, problems });
      return false;
    }
  }

  /** What fails here fails at the next change too, which is reported. */
  #adoptRenewed(): void {
    if (!this.#isStopped) this.takeOver([]).catch(() => undefined);
  }

  #put(next: Config): void {
    const before = this.#current.made?.leftOut;
    this.#current = next;
    const leftOut = next.made?.leftOut;
    if (leftOut !== undefined && leftOut !== before && leftOut.size + (before?.size ?? 0) > 0)
      this.#options.onLeftOut(leftOut);
  }

  #inTurn(turn: () => Promise<void>): Promise<void> {
    const taken = this.#lastTurn.then(turn);
    this.#lastTurn = taken.catch(() => undefined);
    return taken;
  }

  #reportTakenOver(): void {
    const { rules, document } = this.#current;
    this.#options.observer.reloaded({ ok: true, rules: rules.size, digest: document.digest });
  }
}

async function read({ folder, compilers }: LiveConfigOptions): Promise<FileConfig> {
  const loaded = await loadConfig(folder, compilers);
  if (!loaded.ok) throw new ConfigError(loaded.problems.map(formatProblem));
  return loaded;
}
