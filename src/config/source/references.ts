import { realpath } from "node:fs/promises";
import { isAbsolute, normalize, relative } from "node:path";
import { isRawNumber } from "../../json/json.ts";
import type { Entry, Path } from "./document.ts";
import { readTextFile } from "./files.ts";
import { hasSecretPlaces, isSecretPlace } from "../kinds/kind/secret-places.ts";

const SECRET_BYTES_MAX = 64 * 1024;

/** Where Docker, Podman and our manifests mount secrets. */
export const DEFAULT_SECRET_FOLDERS = ["/run/secrets", "/var/run/secrets"];

/** What references may lead to. */
export interface SecretSources {
  readonly env: NodeJS.ProcessEnv;
  /** The folders that files may be below. */
  readonly folders: readonly string[];
}

/** An entry, as much of it as may hold references. */
type Holder = Pick<Entry, "section" | "raw">;

/**
 * `$${` stands for `${`; `${env:NAME}` and `${file:/path}` for what they name. A name holds no brace, so that a text of
 * many references that never end is read once.
 */
export const REFERENCE = /\$\$\{|\$\{(env|file):([^{}]*)\}/g;

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
 * Looks up every reference that stands where a secret belongs; no other is followed. An environment variable counts as
 * there even when it is empty. A file is read up to 64 KiB, without one newline at its end, which editors and `echo` add.
 */
export async function readSecrets(holders: readonly Holder[], { env, folders }: SecretSources): Promise<Secrets> {
  const secrets = new Map<string, Resolved>();
  for (const { section, raw } of holders) {
    if (!hasSecretPlaces(section)) continue;
    for (const { text, path } of textsIn(raw, [])) {
      if (!text.includes("${") || !isSecretPlace(section, path)) continue;
      for (const [reference, kind, name] of text.matchAll(REFERENCE)) {
        if (kind === undefined || name === undefined || secrets.has(reference)) continue;
        secrets.set(reference, kind === "env" ? fromEnvironment(env, name) : await fromFile(name, folders));
      }
    }
  }
  return secrets;
}

/** Fills the references of an entry in, from what `readSecrets` found. One where no secret belongs is a problem. */
export function fillReferences({ section, raw }: Holder, secrets: Secrets): Filled {
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
      if (!isSecretPlace(section, path)) {
        problems.push({ path, message: `refers to ${reference}, and no secret belongs here` });
        return reference;
      }
      secretPaths.push(path);
      const secret = secrets.get(reference);
      if (secret?.ok === true) return secret.text;
      problems.push({ path, message: `refers to ${reference}, ${secret?.reason ?? "which was not read"}` });
      return reference;
    });
  }

  return { value: fill(raw, []), secretPaths, problems };
}

function fromEnvironment(env: NodeJS.ProcessEnv, name: string): Resolved {
  const text = env[name];
  return text === undefined ? { ok: false, reason: "which is not set" } : { ok: true, text };
}

/** A path may lead out of a folder by its text or by a link, so that both are compared. */
async function fromFile(path: string, folders: readonly string[]): Promise<Resolved> {
  if (!isAbsolute(path)) return { ok: false, reason: "which is not an absolute path" };
  const outside = `which is in no folder of BUSBAR_SECRET_FOLDERS: ${folders.join(", ")}`;
  if (!isBelow(normalize(path), folders)) return { ok: false, reason: outside };
  const linked = await realpath(path).catch(() => undefined);
  const realFolders = await Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)));
  if (linked !== undefined && !isBelow(linked, realFolders)) return { ok: false, reason: outside };
  const file = await readTextFile(path, SECRET_BYTES_MAX);
  if (!file.ok) return { ok: false, reason: `which ${file.reason}` };
  return { ok: true, text: file.text.replace(/\r?\n$/, "") };
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => {
    const way = relative(folder, path);
    return way !== "" && way !== ".." && !way.startsWith("../") && !isAbsolute(way);
  });
}

function* textsIn(node: unknown, path: Path): Generator<{ readonly text: string; readonly path: Path }> {
  if (typeof node === "string") yield { text: node, path };
  else if (Array.isArray(node)) for (const [index, item] of node.entries()) yield* textsIn(item, [...path, index]);
  else if (typeof node === "object" && node !== null) {
    for (const [key, item] of Object.entries(node)) yield* textsIn(item, [...path, key]);
  }
}
