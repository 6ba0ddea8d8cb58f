import { z } from "zod";
import { AUTHORIZATION_TYPES, CONNECTION_STATES } from "../../domain/made/connection.ts";
import { choiceParameter, countParameter, textParameter } from "../parameters.ts";

export const CONNECTION_LIST_MAX = 100;
/** How many users of a connection are named. */
export const CONNECTION_USERS_MAX = 20;

export const connectionListParameters = z.strictObject({
  connection: textParameter.exactOptional(),
  /** Only those that no call can be made with now, or only the others. */
  unusable: choiceParameter(["true", "false"]).exactOptional(),
  limit: countParameter(CONNECTION_LIST_MAX).default(CONNECTION_LIST_MAX),
  /** `next` of the page before. */
  after: textParameter.exactOptional(),
});

export const connectionState = z.enum(CONNECTION_STATES);

/** A connection without its parameters: nothing of it is secret. All times are epoch milliseconds. */
const connectionAnswer = z.object({
  name: z.string(),
  description: z.string().exactOptional(),
  authorizationType: z.enum(AUTHORIZATION_TYPES),
  state: connectionState,
  /** Why an OAuth endpoint gave no token. */
  stateReason: z.string().exactOptional(),
  /** Why no call can be made with it now, at this router. */
  unusable: z.string().exactOptional(),
  createdAtMs: z.number(),
  changedAtMs: z.number(),
  lastAuthorizedAtMs: z.number().exactOptional(),
  /** The names of API destinations that use it, the first of them, and how many there are. */
  apiDestinations: z.array(z.string()).readonly(),
  apiDestinationCount: z.number(),
});

export const connectionListAnswer = z.object({
  connections: z.array(connectionAnswer).readonly(),
  next: z.string().exactOptional(),
});
export type ConnectionListAnswer = z.infer<typeof connectionListAnswer>;
