import { isAbsolute } from "node:path";
import { z } from "zod";
import type { LimitName } from "../../domain/limits.ts";
import { BROKER_URL, HTTP_URL, urlProblem } from "../../text/url-problem.ts";
import { DEFAULT_SECRET_FOLDERS } from "../source/references.ts";
import {
  choiceSetting,
  fileSetting,
  isAddressRange,
  isHostPattern,
  limitSetting,
  numberSetting,
  portSetting,
  urlSetting,
} from "./fields.ts";
import { SIGN_IN_SETTINGS } from "./sign-in-settings.ts";
import { STORE_SETTINGS } from "./store-settings.ts";

const MIB = 1_048_576;

/** Where a console is that nobody gave a port. */
export const CONSOLE_PORT = 9_091;

/** Texts in, as an environment or a command line has them. The defaults are texts too, and take the same way. */
export const settingsSchema = z.strictObject({
  config: z.string().prefault("config").describe("Folder of the configuration files."),
  httpPort: portSetting("8080", "Port of AWS's APIs and CloudEvents; 0 picks one."),
  adminPort: portSetting("9090", "Port of metrics, probes and /api/v1; 0 picks one."),
  runtimeApiPort: portSetting(
    "9001",
    "Port that runtimeApi functions poll, with a secret where they have one; 0 picks one.",
  ),
  routesPort: portSetting("8081", "Port of HTTP routes and of functions' URLs; 0 picks one."),
  functionUrlOrigin: urlSetting(
    "http://localhost:8081",
    "Where callers find that port: functions' URLs are at NAME. before its host.",
  ),
  consolePort: z
    .string()
    .transform((value, context) => {
      if (value === "off") return undefined;
      const port = /^\d{1,5}$/.test(value) ? Number(value) : NaN;
      if (!(port <= 65_535)) context.addIssue("must be off, or 0..65535");
      return port;
    })
    .prefault("off")
    .describe("Port of a console in this process, or off; 0 picks one. `busbar console` takes 9091 where it is off."),
  consolePath: z
    .string()
    .regex(/^\/([A-Za-z0-9._~-]{1,64}\/){0,8}$/, { error: 'must begin and end with "/", as /tools/busbar/' })
    .prefault("/")
    .describe("Path that the console is served below."),
  consoleData: fileSetting("Folder of the console's index; by default console, in the embedded broker's folder."),
  consoleReadOnly: choiceSetting(["true", "false"])
    .transform((value) => value === "true")
    .prefault("false")
    .describe("Whether the console refuses what changes something."),
  consoleAdminUrl: urlSetting("http://127.0.0.1:9090", "Admin port of a router, for `busbar console`."),
  consolePublicUrl: urlSetting("http://127.0.0.1:8080", "Public port of a router, for `busbar console`."),
  ...SIGN_IN_SETTINGS,
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
  packs: choiceSetting(["auto", "off"])
    .prefault("auto")
    .describe(
      "Whether deliveries of one put travel together on RabbitMQ, and its archived events; auto does once all routers know how.",
    ),
  ...STORE_SETTINGS,
  data: z
    .string()
    .prefault(".busbar")
    .describe("Folder of the embedded broker, the embedded store, the journal's file and the console's index."),
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
  logLevel: choiceSetting(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .prefault("info")
    .describe("Least level that is logged."),
  drainSeconds: numberSetting(0, 3_600).prefault("25").describe("How long a stop waits for what is in flight."),
  ruleMetrics: choiceSetting(["true", "false"])
    .transform((value) => value === "true")
    .prefault("true")
    .describe("Whether metrics carry the names of rules."),
  traceRatio: z
    .string()
    .transform((value, context) => {
      if (value === "auto") return undefined;
      const ratio = /^(0|1|0?\.\d{1,9}|1\.0)$/.test(value) ? Number(value) : NaN;
      if (!(ratio <= 1)) context.addIssue("must be auto, or 0..1 such as 0.01");
      return ratio;
    })
    .prefault("auto")
    .describe("Share of puts whose traces are recorded; auto is OTEL_TRACES_SAMPLER's, else 0.01."),
  traceUrl: z
    .string()
    .transform((url, context) => {
      if (url === "") return undefined;
      const problem = url.includes("{traceId}") ? urlProblem(url, HTTP_URL) : "must hold {traceId}";
      if (problem !== undefined) context.addIssue(problem);
      return url;
    })
    .prefault("")
    .describe("Where the console's links to a trace lead, with {traceId} in its place."),
  auth: choiceSetting(["auto", "none"])
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
  accessKeysFile: fileSetting("File of access keys, tokens and policies."),
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
  tlsCertFile: fileSetting("Certificate chain of the public and the admin port, in PEM: they then speak HTTPS."),
  tlsKeyFile: fileSetting("Its private key, in PEM."),
  brokerCaFile: fileSetting("Certificates that RabbitMQ's is checked by, in PEM; the system's by default."),
  brokerCertFile: fileSetting("Client certificate for RabbitMQ, in PEM."),
  brokerKeyFile: fileSetting("Its private key, in PEM."),
  allowProcess: choiceSetting(["true", "false"])
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
  maxBodyBytes: limitSetting(1_024, 64 * MIB, 4 * MIB, "Bytes of a request's body."),
  maxEntries: limitSetting(1, 1_000, 10, "Entries of a PutEvents request; EventBridge takes 10."),
  maxHeaderBytes: limitSetting(1_024, MIB, 16_384, "Bytes of a request's header."),
  maxConnections: limitSetting(1, 1_000_000, 4_096, "Connections to the public port, and to the Runtime API's."),
  maxPrincipalRequests: limitSetting(
    1,
    1_000_000,
    10_000,
    "Requests a second of one principal, unless its credentials say.",
  ),
  maxEntriesInFlight: limitSetting(1, 1_000_000, 1_000, "Entries that callers wait for at once."),
  maxBytesInFlight: limitSetting(16 * MIB, 16_384 * MIB, 256 * MIB, "Bytes of events and messages held at once."),
  maxResponseBytes: limitSetting(1_024, 64 * MIB, 6 * MIB + 100, "Bytes of a function's answer; Lambda takes as many."),
});

/** The settings of the process, checked. `broker` is the list of URLs to try, or the embedded one. */
export type Settings = Readonly<z.output<typeof settingsSchema>>;

export type SettingName = keyof Settings;

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
