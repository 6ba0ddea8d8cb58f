import { didYouMean } from "../../text/nearest.ts";
import type { SettingName, Settings } from "./settings.ts";
import { settingsSchema } from "./settings.ts";

/** What the command line gave, by setting; it overrides the environment. */
export type Flags = Partial<Readonly<Record<SettingName, string>>>;

/**
 * Variables that are no settings: Kubernetes sets some for a Service named busbar, and tests have theirs. The token
 * belongs to the commands that call a router; as a setting it would show in their list.
 */
const FOREIGN = /^BUSBAR_(SERVICE_|PORT|TEST_|TOKEN$)/;

/** Settings that are never quoted. */
const HOLD_SECRETS: ReadonlySet<SettingName> = new Set<SettingName>([
  "broker",
  "store",
  "secretKey",
  "consoleCookieKey",
]);

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
 * manifest leaves it. Returns every problem. No value that may hold a secret is quoted.
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
    problems.push(
      `${given} ${issue.message}${HOLD_SECRETS.has(name) ? "" : `, got "${text}"`}${serviceLinkHint(text)}`,
    );
  }
  return { ok: false, problems };
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
