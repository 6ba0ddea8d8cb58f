import type { Config } from "../config.ts";

/** What a function's URL is called beside routes, whose names have no slash. */
export function urlDoorName(functionName: string): string {
  return `url/${functionName}`;
}

/** The names of a configuration's HTTP routes and function URLs. */
export function doorNames({ httpRoutes, functions }: Pick<Config, "httpRoutes" | "functions">): ReadonlySet<string> {
  const urls = [...functions.values()].filter(({ url }) => url !== undefined).map(({ name }) => urlDoorName(name));
  return new Set([...httpRoutes.keys(), ...urls]);
}
