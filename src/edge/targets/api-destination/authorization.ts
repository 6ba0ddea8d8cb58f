import type { ConnectionAuth } from "../../../domain/target/function.ts";
import type { Outcome } from "../../../domain/failure/outcome.ts";
import type { OnTokenRequest } from "./access-tokens.ts";
import { AccessTokens } from "./access-tokens.ts";
import type { AddressGuard } from "../http/address-guard.ts";
import { HttpCaller } from "../http/exchange.ts";

export type Headers = Readonly<Record<string, string>>;

const UNAUTHORIZED = 401;
const TRIES_MAX = 2;

/** How the calls of an API destination are authorized. */
export interface Authorization {
  /** Makes a call with the headers that it needs. Without them, the outcome is the failure to get them. */
  call(make: (headers: Headers) => Promise<Outcome>, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

export function authorizationOf(
  auth: ConnectionAuth,
  addressGuard: AddressGuard | undefined,
  wallMs: () => number,
  onTokenRequest?: OnTokenRequest,
): Authorization {
  switch (auth.kind) {
    case "none":
      return always({});
    case "unusable":
      return never(auth.reason);
    case "apiKey":
      // In lower case like all others, so that it replaces one of the router's.
      return always({ [auth.header.toLowerCase()]: auth.value });
    case "basic": {
      const credentials = Buffer.from(`${auth.username}:${auth.password}`).toString("base64");
      return always({ authorization: `Basic ${credentials}` });
    }
    case "bearer":
      return always({ authorization: `Bearer ${auth.token}` });
    case "oauth": {
      const caller = new HttpCaller({ connections: 1, addressGuard });
      return byAccessToken(new AccessTokens(auth, caller, wallMs, onTokenRequest), caller);
    }
  }
}

function always(headers: Headers): Authorization {
  return { call: (make) => make(headers), close: () => Promise.resolve() };
}

/** Retried, as a call without a right token is: the connection may be mended meanwhile. */
function never(reason: string): Authorization {
  const outcome: Outcome = { ok: false, reason: "unauthorized", message: reason };
  return { call: () => Promise.resolve(outcome), close: () => Promise.resolve() };
}

/** A token that was accepted before may have been revoked: the call is made once more with a new one. */
function byAccessToken(tokens: AccessTokens, caller: HttpCaller): Authorization {
  return {
    async call(make, signal) {
      let tries = 0;
      for (;;) {
        const got = await tokens.get(signal);
        if ("reason" in got) return got;
        const outcome = await make({ authorization: `Bearer ${got.token}` });
        if (outcome.ok || outcome.statusCode !== UNAUTHORIZED) return outcome;
        tokens.drop(got.token);
        tries += 1;
        if (got.isNew || tries === TRIES_MAX) return outcome;
      }
    },
    close: () => caller.close(),
  };
}
