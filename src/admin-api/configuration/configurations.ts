import { z } from "zod";

/** When a router had a configuration in force. All times are epoch milliseconds. */
const inForceAnswer = z.object({
  router: z.string(),
  /** When it took the configuration over. */
  sinceMs: z.number(),
  /** When it last said so: routers do it every hour. */
  untilMs: z.number(),
});

const configurationFacts = z.object({
  /** The same wherever the files say the same. */
  digest: z.string(),
  rules: z.number(),
  /** Functions and API destinations. */
  destinations: z.number(),
  /** How long its document is; undefined for another router's. */
  bytes: z.number().exactOptional(),
});

const listedConfiguration = configurationFacts.extend({
  /** Whether its document can be read. */
  hasDocument: z.boolean(),
  /** The newest first; at most 100 are listed. */
  inForce: z.array(inForceAnswer).readonly(),
});
export type ListedConfiguration = z.infer<typeof listedConfiguration>;

/** The configurations that are known, that which came into force last first. */
export const configurationListAnswer = z.object({ configurations: z.array(listedConfiguration).readonly() });
export type ConfigurationListAnswer = z.infer<typeof configurationListAnswer>;

/** By section, and by name in each: what the files say, without secrets. */
const configurationDocument = z.record(z.string(), z.record(z.string(), z.unknown()));
export type ConfigurationDocument = z.infer<typeof configurationDocument>;

const names = z.array(z.string()).readonly();

export const configurationAnswer = configurationFacts.extend({
  /** Undefined for one that is too long. */
  document: configurationDocument.exactOptional(),
  /** What of it was made over the API, by name; undefined where no store is, and of past configurations. */
  made: z
    .object({
      eventBuses: names,
      rules: names,
      archives: names,
      queues: names,
      apiDestinations: names,
      mappings: names,
    })
    .exactOptional(),
});
export type ConfigurationAnswer = z.infer<typeof configurationAnswer>;
