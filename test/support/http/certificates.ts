import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Ending } from "../rabbitmq/rabbitmq.ts";

const run = promisify(execFile);

/** A certificate and its key: where they are, and what they say. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority that exists for one test, made by openssl. */
export class Authority {
  readonly #folder: string;
  readonly #own: Certificate;

  private constructor(folder: string, own: Certificate) {
    this.#folder = folder;
    this.#own = own;
  }

  static async create(test: Ending): Promise<Authority> {
    const folder = await mkdtemp(join(tmpdir(), "busbar-ca-"));
    test.after(() => rm(folder, { recursive: true }));
    const [certFile, keyFile] = [join(folder, "ca.pem"), join(folder, "ca.key")];
    const subject = ["-subj", "/CN=an authority for one test"];
    await openssl("req", "-x509", ...NEW_KEY, "-keyout", keyFile, "-out", certFile, "-days", "2", ...subject);
    return new Authority(folder, await read(certFile, keyFile));
  }

  /** What to trust, in PEM. */
  get cert(): string {
    return this.#own.cert;
  }

  get certFile(): string {
    return this.#own.certFile;
  }

  /** A certificate for localhost and 127.0.0.1 that names somebody. */
  async issue(name: string): Promise<Certificate> {
    const at = (ending: string): string => join(this.#folder, `${name}.${ending}`);
    const { certFile: ca, keyFile: caKey } = this.#own;
    await openssl("req", ...NEW_KEY, "-keyout", at("key"), "-out", at("csr"), "-subj", `/CN=${name}`);
    await writeFile(at("ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    const signing = ["-CA", ca, "-CAkey", caKey, "-CAcreateserial", "-extfile", at("ext"), "-days", "2"];
    await openssl("x509", "-req", "-in", at("csr"), "-out", at("pem"), ...signing);
    return await read(at("pem"), at("key"));
  }
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

async function openssl(...args: string[]): Promise<void> {
  await run("openssl", args);
}

async function read(certFile: string, keyFile: string): Promise<Certificate> {
  const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
  return { certFile, keyFile, cert, key };
}
