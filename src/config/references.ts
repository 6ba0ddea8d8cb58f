import { isAbsolute } from "node:path";
import { isRawNumber } from "../core/json.ts";
import type { Path } from "./document.ts";
import { readTextFile } from "./files.ts";

const SECRET_BYTES_MAX = 64 * 1024;

/**
 * `$${` stands for `${`; `${env:NAME}` and `${file:/path}` for what they name. A name holds no brace, so that a text of
 * many references that never end is read once.
 */
const REFERENCE = /\$\$\{|\$\{(env|file):([^{}]*)\}/g;

/** What a reference stands for, or why it stands for nothing. */
export type Resolved = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

/** By reference, as written. */
export type Secrets = ReadonlyMap<string, Resolved>;

/** An entry's value with its references filled in. The raw value is what messages may quote; this is not. */
export interface Filled {
  readonly value: unknown;
  /** Every text that held a reference. */
  readonly secretPaths: readonly Path[];
  /** The references that could not be resolved; the text stays as written there. */
  readonly problems: readonly { readonly path: Path; readonly message: string }[];
}

/**
 * Looks up every reference that occurs in the values. An environment variable counts as there even when empty. A
 * file is read up to 64 KiB and loses one trailing newline, which editors and `echo` leave and nobody means.
 */
export async function readSecrets(values: readonly unknown[], env: NodeJS.ProcessEnv): Promise<Secrets> {
  const secrets = new Map<string, Resolved>();
  for (const text of textsIn(values)) {
    for (const [reference, kind, name] of text.matchAll(REFERENCE)) {
      if (kind === undefined || name === undefined || secrets.has(reference)) continue;
      secrets.set(reference, kind === "env" ? fromEnvironment(env, name) : await fromFile(name));
    }
  }
  return secrets;
}

/** Fills the references of a value in, from what `readSecrets` found. */
export function fillReferences(value: unknown, secrets: Secrets): Filled {
  const secretPaths: Path[] = [];
  const problems: { path: Path; message: string }[] = [];

  function fill(node: unknown, path: Path): unknown {
    if (typeof node === "string") return fillText(node, path);
    if (Array.isArray(node)) return node.map((item, index) => fill(item, [...path, index]));
    if (typeof node !== "object" || node === null || isRawNumber(node)) return node;
    return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, fill(item, [...path, key])]));
  }

  function fillText(text: string, path: Path): string {
    return text.replaceAll(REFERENCE, (reference: string, kind: string | undefined) => {
      if (kind === undefined) return "${";
      secretPaths.push(path);
      const secret = secrets.get(reference);
      if (secret?.ok === true) return secret.text;
      problems.push({ path, message: `refers to ${reference}, ${secret?.reason ?? "which was not read"}` });
      return reference;
    });
  }

  return { value: fill(value, []), secretPaths, problems };
}

function fromEnvironment(env: NodeJS.ProcessEnv, name: string): Resolved {
  const text = env[name];
  return text === undefined ? { ok: false, reason: "which is not set" } : { ok: true, text };
}

async function fromFile(path: string): Promise<Resolved> {
  if (!isAbsolute(path)) return { ok: false, reason: "which is not an absolute path" };
  const file = await readTextFile(path, SECRET_BYTES_MAX);
  if (!file.ok) return { ok: false, reason: `which ${file.reason}` };
  return { ok: true, text: file.text.replace(/\r?\n$/, "") };
}

function* textsIn(node: unknown): Generator<string> {
  if (typeof node === "string") yield node;
  else if (typeof node === "object" && node !== null) for (const item of Object.values(node)) yield* textsIn(item);
}
