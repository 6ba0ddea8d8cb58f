import { z } from "zod";

/** Who is asking, and what it is asking. */
export const meAnswer = z.object({
  /** The caller's id; absent where nobody is asked for credentials. */
  principal: z.string().exactOptional(),
  needsToken: z.boolean(),
  /** The server's. */
  version: z.string(),
  /** Whether the console refuses whatever changes something; a router never does. */
  readOnly: z.boolean(),
  /** Where a trace is seen, with `{traceId}` in place of its id; absent where nothing says. */
  traceUrl: z.string().exactOptional(),
  /** Of which account and region its ARNs are. */
  accountId: z.string(),
  region: z.string(),
  /** What the caller may do. An action that it may do to nothing is not listed. */
  permissions: z
    .array(
      z.object({
        action: z.string(),
        /** Patterns of ARNs: it may act on those that fit one of these, and none of `except`. */
        on: z.array(z.string()).readonly(),
        except: z.array(z.string()).readonly(),
        /** Whether a put's source and detail type decide, too. */
        isConditional: z.boolean(),
      }),
    )
    .readonly(),
});
export type Me = z.infer<typeof meAnswer>;
