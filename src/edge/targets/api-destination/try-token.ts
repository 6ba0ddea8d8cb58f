import type { ConnectionAuth } from "../../../domain/target/function.ts";
import type { AddressGuard } from "../http/address-guard.ts";
import { authorizationOf } from "./authorization.ts";

/** Tries whether an authorization gets what a call needs. Nothing is called but the endpoint for tokens. */
export async function tryToken(
  auth: ConnectionAuth,
  addressGuard: AddressGuard | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const authorization = authorizationOf(auth, addressGuard, Date.now);
  try {
    const outcome = await authorization.call(() => Promise.resolve({ ok: true, statusCode: 200 }), signal);
    return outcome.ok ? undefined : outcome.message;
  } finally {
    await authorization.close();
  }
}
