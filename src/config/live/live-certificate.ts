import type { TlsTexts } from "../../domain/target/tls-texts.ts";
import { ConfigError } from "../config-error.ts";
import { readTextFile } from "../source/files.ts";
import { tlsProblem } from "../kinds/parts/tls-problem.ts";
import { watchFiles } from "./watch.ts";

const PEM_BYTES_MAX = 1_024 * 1_024;

/** A certificate chain and its private key, in PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate that follows its files, as when it is renewed. One that does not fit its key changes nothing. */
export class LiveCertificate {
  #current: KeyPair;
  readonly #listeners: ((pair: KeyPair) => void)[] = [];
  stop: () => void = () => undefined;

  private constructor(first: KeyPair) {
    this.#current = first;
  }

  /**
   * Reads the files and watches them.
   *
   * @param reloaded called at each change: with undefined when it was taken over, else with what is wrong.
   * @throws ConfigError when they are no certificate and its key.
   */
  static async open(files: CertificateFiles, reloaded: (problem?: string) => void): Promise<LiveCertificate> {
    const live = new LiveCertificate(await read(files));
    let last: Promise<void> = Promise.resolve();
    live.stop = await watchFiles([files.certFile, files.keyFile], () => {
      last = last.then(() => live.#reload(files, reloaded));
    });
    return live;
  }

  get current(): KeyPair {
    return this.#current;
  }

  /** Calls back with each pair that takes the place of the one before. */
  onChange(listener: (pair: KeyPair) => void): void {
    this.#listeners.push(listener);
  }

  async #reload(files: CertificateFiles, reloaded: (problem?: string) => void): Promise<void> {
    try {
      this.#current = await read(files);
      for (const listener of this.#listeners) listener(this.#current);
      reloaded();
    } catch (error) {
      reloaded(error instanceof ConfigError ? error.problems.join(", ") : String(error));
    }
  }
}

async function read({ certFile, keyFile }: CertificateFiles): Promise<KeyPair> {
  const pair = { cert: await readPem(certFile), key: await readPem(keyFile) };
  const problem = tlsProblem(pair);
  if (problem !== undefined) throw new ConfigError([`${problem} (${certFile}, ${keyFile})`]);
  return pair;
}

/**
 * Reads what a client is to use for TLS. Files that are not named are left out.
 *
 * @throws ConfigError when they cannot be read, or do not belong together.
 */
export async function readTlsFiles(
  files: Readonly<Record<"ca" | "cert" | "key", string | undefined>>,
): Promise<TlsTexts> {
  const named = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const texts = await Promise.all(named.map(async ([name, file]) => [name, await readPem(file)] as const));
  const tls: TlsTexts = Object.fromEntries(texts);
  const problem = tlsProblem(tls);
  if (problem !== undefined) throw new ConfigError([`${problem} (${named.map(([, file]) => file).join(", ")})`]);
  return tls;
}

async function readPem(file: string): Promise<string> {
  const read = await readTextFile(file, PEM_BYTES_MAX);
  if (read.ok) return read.text;
  throw new ConfigError([`${read.reason} (${file})`]);
}
