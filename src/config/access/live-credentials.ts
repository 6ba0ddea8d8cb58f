import type { Credentials } from "../../core/credentials.ts";
import type { CredentialsFacts } from "../../core/access-observer.ts";
import { ConfigError } from "../config-error.ts";
import { formatProblem } from "../problem.ts";
import { watchFiles } from "../watch.ts";
import { loadAccess } from "./load-access.ts";

/** The credentials in force. Others take their place whole when their file has changed and is right. */
export class LiveCredentials {
  #current: Credentials;
  readonly #file: string;
  readonly #reloaded: (facts: CredentialsFacts) => void;
  #last: Promise<void> = Promise.resolve();
  stop: () => void = () => undefined;

  private constructor(file: string, reloaded: (facts: CredentialsFacts) => void, first: Credentials) {
    this.#file = file;
    this.#reloaded = reloaded;
    this.#current = first;
  }

  /**
   * Reads the file and watches it. What it refers to by `${file:…}` is read again with it, and on `reload`.
   *
   * @throws ConfigError when the file is wrong.
   */
  static async open(file: string, reloaded: (facts: CredentialsFacts) => void): Promise<LiveCredentials> {
    let live: LiveCredentials | undefined;
    const stop = await watchFiles([file], () => void live?.reload());
    try {
      live = new LiveCredentials(file, reloaded, await read(file));
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

  /** Reads the file again; a wrong one changes nothing. */
  reload(): Promise<void> {
    this.#last = this.#last.then(async () => {
      try {
        this.#current = await read(this.#file);
        this.#reloaded({ ok: true });
      } catch (error) {
        this.#reloaded({ ok: false, problems: error instanceof ConfigError ? error.problems : [String(error)] });
      }
    });
    return this.#last;
  }
}

async function read(file: string): Promise<Credentials> {
  const loaded = await loadAccess(file);
  if (!loaded.ok) throw new ConfigError(loaded.problems.map(formatProblem));
  return loaded.credentials;
}
