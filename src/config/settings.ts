import { isIP, isIPv4 } from "node:net";
import { isAbsolute } from "node:path";
import { z } from "zod";
import type { LimitName } from "../domain/limits.ts";
import { didYouMean } from "../text/nearest.ts";
import { BROKER_URL, urlProblem } from "../text/url-problem.ts";
import { DEFAULT_SECRET_FOLDERS } from "./source/references.ts";

const MIB = 1_048_576;

/** Texts in, as an environment or a command line has them. The defaults are texts too, and take the same way. */
const settingsSchema = z.strictObject({
  config: z.string().prefault("config").describe("Folder of the configuration files."),
  httpPort: port("8080", "Port of PutEvents and CloudEvents; 0 picks one."),
  adminPort: port("9090", "Port of metrics, probes and /api/v1; 0 picks one."),
  runtimeApiPort: port("9001", "Port that runtimeApi functions poll, with a secret where they have one; 0 picks one."),
  host: z.string().prefault("127.0.0.1").describe("Address to listen on."),
  broker: z
    .string()
    .transform((value, context) => {
      if (value === "embedded") return value;
      const urls = value.split(",").map((url) => url.trim());
      for (const [index, url] of urls.entries()) {
        const problem = urlProblem(url, BROKER_URL);
        if (problem === undefined) continue;
        context.addIssue(`must be \`embedded\`, or URLs separated by commas: URL ${index + 1} ${problem}`);
      }
      return urls;
    })
    .prefault("embedded")
    .describe("`embedded`, or amqp[s]:// URLs separated by commas, tried in turn."),
  data: z.string().prefault(".busbar").describe("Folder of the embedded broker's store."),
  accountId: z
    .string()
    .regex(/^\d{12}$/, { error: "must be 12 digits" })
    .prefault("000000000000")
    .describe("Account id in events and ARNs."),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, { error: "must be 1 to 32 lowercase letters, digits and dashes" })
    .prefault("us-east-1")
    .describe("Region in events and ARNs."),
  logLevel: oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .prefault("info")
    .describe("Least level that is logged."),
  drainSeconds: wholeNumber(0, 3_600).prefault("25").describe("How long a stop waits for what is in flight."),
  ruleMetrics: oneOf(["true", "false"])
    .transform((value) => value === "true")
    .prefault("true")
    .describe("Whether metrics carry the names of rules."),
  auth: oneOf(["auto", "none"])
    .prefault("auto")
    .describe("`none` lets everybody do everything; auto asks for credentials, on loopback only if there are any."),
  allowedHosts: z
    .string()
    .transform((value, context) => {
      const hosts = value.split(",").map((host) => host.trim().toLowerCase());
      if (value !== "" && !hosts.every(isHostPattern)) {
        context.addIssue("must be host names, *.NAME or *, separated by commas, without ports");
      }
      return hosts.filter((host) => host !== "");
    })
    .prefault("")
    .describe("Hosts of requests, besides addresses and localhost, where nobody is asked who they are; *.NAME, or *."),
  accessKeysFile: file("File of access keys, tokens and policies."),
  secretFolders: z
    .string()
    .transform((value, context) => {
      const folders = value.split(",").map((folder) => folder.trim());
      if (!folders.every((folder) => isAbsolute(folder)))
        context.addIssue("must be absolute paths, separated by commas");
      return folders;
    })
    .prefault(DEFAULT_SECRET_FOLDERS.join(","))
    .describe("Folders that ${file:…} may lead into, separated by commas."),
  tlsCertFile: file("Certificate chain of the public and the admin port, in PEM: they then speak HTTPS."),
  tlsKeyFile: file("Its private key, in PEM."),
  brokerCaFile: file("Certificates that RabbitMQ's is checked by, in PEM; the system's by default."),
  brokerCertFile: file("Client certificate for RabbitMQ, in PEM."),
  brokerKeyFile: file("Its private key, in PEM."),
  allowProcess: oneOf(["true", "false"])
    .transform((value) => value === "true")
    .prefault("false")
    .describe("Whether functions may be local commands."),
  allowPrivateDestinations: z
    .string()
    .transform((value, context) => {
      if (value === "auto" || value === "true" || value === "false") return value;
      const ranges = value.split(",").map((range) => range.trim());
      if (!ranges.every(isAddressRange)) {
        context.addIssue("must be auto, true, false, or address ranges such as 10.1.0.0/16 separated by commas");
      }
      return ranges;
    })
    .prefault("auto")
    .describe("Private addresses that API destinations may have: true, false or ranges; auto is true on loopback."),
  maxBodyBytes: limit(1_024, 64 * MIB, 4 * MIB, "Bytes of a request's body."),
  maxEntries: limit(1, 1_000, 10, "Entries of a PutEvents request; EventBridge takes 10."),
  maxHeaderBytes: limit(1_024, MIB, 16_384, "Bytes of a request's header."),
  maxConnections: limit(1, 1_000_000, 4_096, "Connections to the public port, and to the Runtime API's."),
  maxPrincipalRequests: limit(1, 1_000_000, 10_000, "Requests a second of one principal, unless its credentials say."),
  maxEntriesInFlight: limit(1, 1_000_000, 1_000, "Entries that callers wait for at once."),
  maxBytesInFlight: limit(16 * MIB, 16_384 * MIB, 256 * MIB, "Bytes of events and messages held at once."),
  maxResponseBytes: limit(1_024, 64 * MIB, 6 * MIB + 100, "Bytes of a function's answer; Lambda takes as many."),
});

/** The settings of the process, checked. `broker` is the list of URLs to try, or the embedded one. */
export type Settings = Readonly<z.output<typeof settingsSchema>>;

export type SettingName = keyof Settings;

/** What the command line gave, by setting; it overrides the environment. */
export type Flags = Partial<Readonly<Record<SettingName, string>>>;

/**
 * Who makes these up: Kubernetes, for a Service named busbar, and our own tests. The token is for the commands that
 * call a router, and no setting: it must not be told by a list of them.
 */
const FOREIGN = /^BUSBAR_(SERVICE_|PORT|TEST_|TOKEN$)/;

const SETTING_NAMES = Object.keys(settingsSchema.shape) as SettingName[];

/** Every setting for the command line's help and the documentation, in reading order. */
export const SETTINGS_HELP = SETTING_NAMES.map((name) => {
  const schema = settingsSchema.shape[name];
  return {
    name,
    env: envName(name),
    flag: flagName(name),
    initial: schema.def.defaultValue,
    description: schema.description,
  };
});

/**
 * Reads the settings from `BUSBAR_*` variables and flags. An empty variable counts as not set, as a container's
 * manifest leaves it. Every problem is told; no value of `BUSBAR_BROKER` is quoted, as it may hold a password.
 */
export function readSettings(
  env: NodeJS.ProcessEnv,
  flags: Flags = {},
): { readonly ok: true; readonly settings: Settings } | { readonly ok: false; readonly problems: readonly string[] } {
  const texts = Object.fromEntries(
    SETTING_NAMES.map((name) => [name, flags[name] ?? (env[envName(name)] === "" ? undefined : env[envName(name)])]),
  );
  const checked = settingsSchema.safeParse(texts);
  const problems = unknownVariables(env);
  if (checked.success && problems.length === 0) return { ok: true, settings: checked.data };
  for (const issue of checked.error?.issues ?? []) {
    const name = issue.path[0] as SettingName;
    const given = flags[name] === undefined ? envName(name) : flagName(name);
    const text = texts[name] ?? "";
    problems.push(`${given} ${issue.message}${name === "broker" ? "" : `, got "${text}"`}${serviceLinkHint(text)}`);
  }
  return { ok: false, problems };
}

/**
 * The private addresses that API destinations may have. Unless told otherwise, a router that only its own machine
 * reaches may call what only that machine reaches.
 */
export function privateDestinations({ allowPrivateDestinations, host }: Settings): "all" | readonly string[] {
  if (typeof allowPrivateDestinations !== "string") return allowPrivateDestinations;
  const all = allowPrivateDestinations === "true" || (allowPrivateDestinations === "auto" && isLoopback(host));
  return all ? "all" : [];
}

/** The hosts that requests may name where nobody is asked who they are: those of the setting, and what is listened on. */
export function hostsOf({ allowedHosts, host }: Settings): readonly string[] {
  return [...allowedHosts, host.toLowerCase()];
}

/**
 * What is wrong with settings that are right one by one, for a router that is to start. One that others can reach
 * lets nobody in unasked, unless told to in so many words.
 */
export function startProblems(settings: Settings): readonly string[] {
  const { auth, accessKeysFile, host, tlsCertFile, tlsKeyFile, brokerCertFile, brokerKeyFile } = settings;
  const problems: string[] = [];
  if (auth === "none" && accessKeysFile !== undefined) {
    problems.push("BUSBAR_AUTH=none lets everybody in, and BUSBAR_ACCESS_KEYS_FILE only some: set one of them");
  }
  if (auth === "auto" && accessKeysFile === undefined && !isLoopback(host)) {
    problems.push(
      `others can reach a router that listens on ${host}: name the keys it is to ask for with BUSBAR_ACCESS_KEYS_FILE, ` +
        "or set BUSBAR_AUTH=none to let everybody do everything",
    );
  }
  if ((tlsCertFile === undefined) !== (tlsKeyFile === undefined)) {
    problems.push("BUSBAR_TLS_CERT_FILE and BUSBAR_TLS_KEY_FILE belong together: set both");
  }
  if ((brokerCertFile === undefined) !== (brokerKeyFile === undefined)) {
    problems.push("BUSBAR_BROKER_CERT_FILE and BUSBAR_BROKER_KEY_FILE belong together: set both");
  }
  return problems;
}

/** The sizes of the limits that an operator may move. */
export function limitSizes(settings: Settings): Readonly<Record<LimitName, number>> {
  return {
    body: settings.maxBodyBytes,
    entries: settings.maxEntries,
    header: settings.maxHeaderBytes,
    connections: settings.maxConnections,
    principalRequests: settings.maxPrincipalRequests,
    entriesInFlight: settings.maxEntriesInFlight,
    bytesInFlight: settings.maxBytesInFlight,
    response: settings.maxResponseBytes,
  };
}

function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  const known = SETTING_NAMES.map(envName);
  return Object.keys(env)
    .filter((name) => name.startsWith("BUSBAR_") && !FOREIGN.test(name) && !known.includes(name))
    .map((name) => `unknown setting ${name}${didYouMean(name, known)}`);
}

/** `httpPort` → `BUSBAR_HTTP_PORT`. */
function envName(name: SettingName): string {
  return `BUSBAR_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** `httpPort` → `--http-port`. */
function flagName(name: SettingName): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Kubernetes sets BUSBAR_ADMIN_PORT in every pod beside a Service named busbar-admin. */
function serviceLinkHint(text: string): string {
  return text.startsWith("tcp://") ? " (set by Kubernetes for a Service: turn its enableServiceLinks off)" : "";
}

function wholeNumber(min: number, max: number) {
  return z.string().transform((value, context) => {
    const number = /^\d{1,11}$/.test(value) ? Number(value) : NaN;
    if (!(number >= min && number <= max)) context.addIssue(`must be ${min}..${max}`);
    return number;
  });
}

function limit(min: number, max: number, initial: number, description: string) {
  return wholeNumber(min, max).prefault(String(initial)).describe(description);
}

function port(initial: string, description: string) {
  return wholeNumber(0, 65_535).prefault(initial).describe(description);
}

/** The path of a file; undefined when there is none. */
function file(description: string) {
  return z
    .string()
    .transform((path) => (path === "" ? undefined : path))
    .prefault("")
    .describe(description);
}

function oneOf<const T extends readonly string[]>(values: T) {
  return z.enum(values, { error: `must be one of ${values.join(", ")}` });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

function isAddressRange(text: string): boolean {
  const [address = "", bits = "", ...more] = text.split("/");
  const bitsMax = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax && more.length === 0;
}

function isHostPattern(text: string): boolean {
  return text === "*" || /^(\*\.)?[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?$/.test(text);
}
