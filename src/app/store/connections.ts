import { tryToken } from "../../edge/targets/api-destination/try-token.ts";
import type { AddressGuard } from "../../edge/targets/http/address-guard.ts";
import { createAddressGuard } from "../../edge/targets/http/address-guard.ts";
import { privateDestinations } from "../../config/settings/exposure.ts";
import type { Settings } from "../../config/settings/settings.ts";
import { Authorizing } from "../../flow/connections/authorizing.ts";
import type { MadeChanges } from "../../ports/made.ts";
import { PROCESS } from "../process.ts";
import type { Shared } from "../shared.ts";

/** Which addresses API destinations, and the endpoints of their tokens, may have; undefined for all. */
export function addressGuardOf(settings: Settings): AddressGuard | undefined {
  const allowedRanges = privateDestinations(settings);
  return allowedRanges === "all" ? undefined : createAddressGuard(allowedRanges);
}

/** Authorizes connections that are made over the API. Returns what has one of them tried now. */
export function startAuthorizing(
  changes: MadeChanges,
  { settings, config, lifecycle, report }: Shared,
): (name: string) => void {
  const addressGuard = addressGuardOf(settings);
  const authorizing = new Authorizing({
    connections: () => config().made?.connections ?? new Map(),
    changes,
    tryToken: (auth, signal) => tryToken(auth, addressGuard, signal),
    ...PROCESS,
    onError: report,
  });
  if (changes.isKept) authorizing.start();
  lifecycle.onStop("authorization of connections", () => authorizing.stop());
  return (name) => authorizing.begin(name);
}
