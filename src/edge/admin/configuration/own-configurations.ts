import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";
import type {
  ConfigurationAnswer,
  ConfigurationDocument,
  ListedConfiguration,
} from "../../../admin-api/configuration/configurations.ts";
import type { Made } from "../../../domain/made/made.ts";
import type { Config } from "../../../domain/config.ts";
import { destinationsOf } from "../../../domain/config.ts";
import type { Routers } from "../../../ports/admin/routers.ts";
import type { KnownConfigurations } from "./configurations-router.ts";

/** The longest document that an answer holds. */
const DOCUMENT_BYTES_MAX = 8 * 1024 * 1024;

const inflate = promisify(inflateRaw);

/** What a router knows of configurations: its own, and which ones the routers have in force now. */
export function ownConfigurations(config: Config, routers: Routers): KnownConfigurations {
  const { digest, bytes } = config.document;
  const hasDocument = bytes <= DOCUMENT_BYTES_MAX;
  const own = { digest, rules: config.rules.size, destinations: destinationsOf(config).length, bytes };
  const made = config.made === undefined ? {} : { made: namesOf(config.made) };
  return {
    configurations: () => Promise.resolve({ configurations: listed(own, hasDocument, routers) }),
    configuration: async (asked): Promise<ConfigurationAnswer | undefined> => {
      if (asked !== digest) return undefined;
      if (!hasDocument) return { ...own, ...made };
      const json = await inflate(await config.document.deflated());
      return { ...own, ...made, document: JSON.parse(json.toString()) as ConfigurationDocument };
    },
  };
}

function namesOf(made: Made): NonNullable<ConfigurationAnswer["made"]> {
  const { buses, rules, archives, queues, apiDestinations, mappings } = made;
  const sorted = (named: ReadonlyMap<string, unknown>) => [...named.keys()].sort();
  return {
    eventBuses: sorted(buses),
    rules: sorted(rules),
    archives: sorted(archives),
    queues: sorted(queues),
    apiDestinations: sorted(apiDestinations),
    mappings: sorted(mappings),
  };
}

function listed(
  own: Omit<ListedConfiguration, "hasDocument" | "inForce">,
  hasDocument: boolean,
  routers: Routers,
): readonly ListedConfiguration[] {
  const byDigest = Map.groupBy(routers.list(), ({ configuration }) => configuration.digest);
  const all = [...byDigest].map(([digest, at]): ListedConfiguration => {
    const inForce = at
      .map(({ id, seenAtMs, configuration }) => ({ router: id, sinceMs: configuration.sinceMs, untilMs: seenAtMs }))
      .sort((a, b) => b.sinceMs - a.sinceMs);
    if (digest === own.digest) return { ...own, hasDocument, inForce };
    const [{ configuration, destinationCount }] = at as [(typeof at)[number]];
    // Its document is at its own routers.
    return {
      digest,
      rules: configuration.rules,
      destinations: destinationCount,
      hasDocument: false,
      inForce,
    };
  });
  all.sort((a, b) => (b.inForce[0]?.sinceMs ?? 0) - (a.inForce[0]?.sinceMs ?? 0));
  // Just changed: routers, this one too, say what they run a moment later.
  return byDigest.has(own.digest) ? all : [{ ...own, hasDocument, inForce: [] }, ...all];
}
