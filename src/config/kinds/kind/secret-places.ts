import { ACCESS_SECRETS } from "../../access/access-schema.ts";
import type { Path } from "../../source/document.ts";
import { KINDS } from "../kinds.ts";

/**
 * The properties that references to secrets may stand in; `*` is any name or any item. No API, log or message shows what
 * one of them holds. A URL is among them, since the key of a webhook is often a part of its path.
 */
export const SECRET_PLACES: readonly string[] = [
  ...Object.entries(KINDS).flatMap(([section, { secrets }]) => secrets.map((place) => `${section}.*.${place}`)),
  ...Object.entries(ACCESS_SECRETS).flatMap(([section, secrets]) => secrets.map((place) => `${section}.*.${place}`)),
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
