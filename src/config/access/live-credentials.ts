import type { Credentials } from "../../domain/access/credentials.ts";
import type { CredentialsFacts } from "../../ports/access-observer.ts";
import { ConfigError } from "../config-error.ts";
import { formatProblem } from "../source/problem.ts";
import { SpacedRuns } from "../live/spaced-runs.ts";
import { watchFiles } from "../live/watch.ts";
import type { AccessSources } from "./load-access.ts";
import { loadAccess } from "./load-access.ts";

/** The credentials in force. Others take their place whole when their file has changed and is right. */
export class LiveCredentials {
  #current: Credentials;
  readonly #file: string;
  readonly #sources: AccessSources;
  readonly #reloaded: (facts: CredentialsFacts) => void;
  readonly #reloads: SpacedRuns<void>;
  stop: () => void = () => undefined;

  private constructor(
    file: string,
    sources: AccessSources,
    reloaded: (facts: CredentialsFacts) => void,
    first: Credentials,
  ) {
    this.#file = file;
    this.#sources = sources;
    this.#reloaded = reloaded;
    this.#current = first;
    this.#reloads = new SpacedRuns(() => this.#reload());
  }

  /**
   * Reads the file and watches it. What it refers to by `${file:…}` is read again with it, and on `reload`.
   *
   * @throws ConfigError when the file is wrong.
   */
  static async open(
    file: string,
    sources: AccessSources,
    reloaded: (facts: CredentialsFacts) => void,
  ): Promise<LiveCredentials> {
    let live: LiveCredentials | undefined;
    const stop = await watchFiles([file], () => void live?.reload());
    try {
      live = new LiveCredentials(file, sources, reloaded, await read(file, sources));
    } catch (error) {
      stop();
      throw error;
    }
    live.stop = stop;
    return live;
  }

  get current(): Credentials {
    return this.#current;
  }

  /** Reads the file again; a wrong one changes nothing. Like the configuration it is read at most a fifth of the time. */
  reload(): Promise<void> {
    return this.#reloads.run();
  }

  async #reload(): Promise<void> {
    try {
      this.#current = await read(this.#file, this.#sources);
      this.#reloaded({ ok: true });
    } catch (error) {
      this.#reloaded({ ok: false, problems: error instanceof ConfigError ? error.problems : [String(error)] });
    }
  }
}

async function read(file: string, sources: AccessSources): Promise<Credentials> {
  const loaded = await loadAccess(file, sources);
  if (!loaded.ok) throw new ConfigError(loaded.problems.map(formatProblem));
  return loaded.credentials;
}
