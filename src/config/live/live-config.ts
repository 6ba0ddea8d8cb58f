import type { Config } from "../../domain/config.ts";
import type { Observer } from "../../ports/observer.ts";
import { ConfigError } from "../config-error.ts";
import type { Compilers } from "../kinds/context.ts";
import { loadConfig } from "../load.ts";
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

/**
 * The configuration in force. Another takes its place whole, when its files have changed and are right; a wrong one
 * changes nothing.
 */
export class LiveConfig {
  #current: Config;
  readonly #folder: string;
  readonly #compilers: Compilers;
  readonly #observer: Pick<Observer, "reloaded">;
  #follower: ConfigFollower | undefined;
  /** Reloads happen one after another. */
  readonly #reloads: SpacedRuns<boolean>;
  #changedEarly = false;
  stop: () => void = () => undefined;

  private constructor(folder: string, compilers: Compilers, observer: Pick<Observer, "reloaded">, first: Config) {
    this.#folder = folder;
    this.#compilers = compilers;
    this.#observer = observer;
    this.#current = first;
    this.#reloads = new SpacedRuns(() => this.#reload());
  }

  /**
   * Reads the folder and watches it.
   *
   * @throws ConfigError when the files are wrong.
   */
  static async open(folder: string, compilers: Compilers, observer: Pick<Observer, "reloaded">): Promise<LiveConfig> {
    // Watched before it is read, so that no change goes unseen in between.
    let live: LiveConfig | undefined;
    const stop = await watchConfig(folder, () => void live?.reload());
    try {
      live = new LiveConfig(folder, compilers, observer, await read(folder, compilers));
    } catch (error) {
      stop();
      throw error;
    }
    live.stop = stop;
    return live;
  }

  get current(): Config {
    return this.#current;
  }

  /** Lets reloads begin; one that was asked for during the start is made up for. */
  begin(follower: ConfigFollower): void {
    this.#follower = follower;
    this.#observer.reloaded({ ok: true, rules: this.#current.rules.size });
    if (this.#changedEarly) void this.reload();
  }

  /**
   * Reads the files again. Resolves with whether they were taken over. Reloads that are asked for while one is going on are
   * one, and reloading takes at most a fifth of the time: a configuration that is written to all the time must not starve puts.
   */
  reload(): Promise<boolean> {
    return this.#reloads.run();
  }

  async #reload(): Promise<boolean> {
    if (this.#follower === undefined) {
      this.#changedEarly = true;
      return false;
    }
    try {
      const next = await read(this.#folder, this.#compilers);
      await this.#follower.prepare(next);
      this.#current = next;
      this.#follower.follow(next);
      this.#observer.reloaded({ ok: true, rules: next.rules.size });
      return true;
    } catch (error) {
      this.#observer.reloaded({ ok: false, problems: error instanceof ConfigError ? error.problems : [String(error)] });
      return false;
    }
  }
}

async function read(folder: string, compilers: Compilers): Promise<Config> {
  const loaded = await loadConfig(folder, compilers);
  if (!loaded.ok) throw new ConfigError(loaded.problems.map(formatProblem));
  return loaded.config;
}
