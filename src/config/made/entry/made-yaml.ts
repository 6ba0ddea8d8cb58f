import { stringify } from "yaml";

/** Entries by section and name, as the text of a configuration file. */
export function yamlOf(sections: Readonly<Record<string, object>>): string {
  return stringify(sections, { lineWidth: 0, aliasDuplicateObjects: false });
}
