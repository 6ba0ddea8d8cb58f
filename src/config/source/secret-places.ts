import type { Path } from "./document.ts";

/**
 * The properties that references to secrets may stand in; `*` is any name or any item. No API, log or message shows what
 * one of them holds. A URL is among them, since the key of a webhook is often a part of its path.
 */
export const SECRET_PLACES: readonly string[] = [
  "functions.*.environment.*",
  "functions.*.runtimeApi.secrets.*",
  "functions.*.http.url",
  "functions.*.http.tls.*",
  "functions.*.container.url",
  "functions.*.container.tls.*",
  "apiDestinations.*.url",
  "apiDestinations.*.connection.apiKey.value",
  "apiDestinations.*.connection.basic.username",
  "apiDestinations.*.connection.basic.password",
  "apiDestinations.*.connection.bearer.token",
  "apiDestinations.*.connection.oauth.clientId",
  "apiDestinations.*.connection.oauth.clientSecret",
  "apiDestinations.*.connection.oauth.parameters.*",
  "apiDestinations.*.signing.secrets.*",
  "apiDestinations.*.tls.*",
  // Of the file of keys, tokens and policies.
  "accessKeys.*.secret",
  "bearerTokens.*.tokens.*",
];

/** By section, each as the segments behind the entry's name. */
const PLACES = Map.groupBy(
  SECRET_PLACES.map((place) => place.split(".")),
  ([section = ""]) => section,
);

/** Whether a text at this path of an entry may refer to secrets. */
export function isSecretPlace(section: string, path: Path): boolean {
  return (PLACES.get(section) ?? []).some(([, , ...place]) => {
    return place.length === path.length && place.every((segment, at) => segment === "*" || segment === path[at]);
  });
}

/** Whether any text of a section may refer to secrets. */
export function hasSecretPlaces(section: string): boolean {
  return PLACES.has(section);
}
