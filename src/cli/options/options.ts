import { InvalidArgumentError } from "commander";
import type { Settings } from "../../config/settings/settings.ts";
import { readSettings } from "../../config/settings/read-settings.ts";
import { HTTP_URL, urlProblem } from "../../text/url-problem.ts";
import { CONSOLE_PORT } from "../../config/settings/settings.ts";
import { CommandError } from "../command-error.ts";

/** Addresses for listening on all of this machine's, which nobody can call. */
const LISTEN_EVERYWHERE: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/**
 * The settings as `serve` would read them from an environment.
 *
 * @throws CommandError with every problem.
 */
export function environmentSettings(env: NodeJS.ProcessEnv): Settings {
  const read = readSettings(env);
  if (!read.ok) throw new CommandError(["The settings are wrong:", ...read.problems].join("\n  "));
  return read.settings;
}

/** The URL of a router that runs on this machine with an environment's settings. */
export function localRouterUrl(port: "httpPort" | "adminPort", env: NodeJS.ProcessEnv): string {
  const settings = environmentSettings(env);
  const host = LISTEN_EVERYWHERE.has(settings.host) ? "127.0.0.1" : settings.host;
  return `http://${host.includes(":") ? `[${host}]` : host}:${settings[port]}`;
}

/** The URL of a console that runs on this machine with an environment's settings. */
export function localConsoleUrl(env: NodeJS.ProcessEnv): string {
  const { consolePort = CONSOLE_PORT, consolePath } = environmentSettings(env);
  return `http://127.0.0.1:${consolePort}${consolePath.slice(0, -1)}`;
}

/** Reads an option that is a URL, for commander. Slashes at its end are left out. */
export function urlOption(name: string): (value: string) => string {
  return (value) => {
    const problem = urlProblem(value, HTTP_URL);
    if (problem === undefined) return value.replace(/(?<!\/)\/+$/, "");
    // Commander quotes the value in its own errors, and this one may hold a password.
    throw new CommandError(`${name} ${problem}`);
  };
}

/** Reads an option that is whole seconds from 0 to `max`, for commander. */
export function secondsOption(max: number): (value: string) => number {
  return (value) => {
    const seconds = /^\d{1,9}$/.test(value) ? Number(value) : Infinity;
    if (seconds <= max) return seconds;
    throw new InvalidArgumentError(`It must be 0..${max}.`);
  };
}

/** Reads an option that is a whole number from 1 to `max`, for commander. */
export function countOption(max: number): (value: string) => number {
  return (value) => {
    const count = /^\d{1,9}$/.test(value) ? Number(value) : 0;
    if (count >= 1 && count <= max) return count;
    throw new InvalidArgumentError(`It must be 1..${max}.`);
  };
}
