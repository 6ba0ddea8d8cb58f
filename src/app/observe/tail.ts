import type { Redaction } from "../../domain/journal/journal-config.ts";
import { INITIAL_REDACTION } from "../../domain/journal/journal-config.ts";
import { createRedactor } from "../../edge/journal/redact.ts";
import { LiveTails } from "../../flow/tap/live-tails.ts";
import type { RedactEvent } from "../../flow/tap/taps.ts";
import type { Broadcast } from "../../ports/broker/broadcast.ts";
import type { LiveTail } from "../../ports/admin/tail.ts";
import { PROCESS, steadyMs } from "../process.ts";
import type { Shared } from "../shared.ts";

/** Lets live tails see what this router accepts, and asks other routers for theirs. */
export function startTails(broker: Broadcast, shared: Shared): LiveTail {
  const { observation, lifecycle, report } = shared;
  const tails = new LiveTails({
    broker,
    redact: redactionInForce(shared),
    observer: observation.tapObserver,
    ...PROCESS,
    steadyMs,
    // A put's answer is written first.
    later: setImmediate,
    onError: report,
  });
  observation.showTo(tails.facts);
  lifecycle.onStop("live tails", () => tails.stop());
  return tails;
}

/** Redacts as the configuration in force says. */
function redactionInForce({ config }: Shared): RedactEvent {
  let made: { readonly of: Redaction; readonly redact: RedactEvent } | undefined;
  return (json) => {
    const redaction = config().journal?.redact ?? INITIAL_REDACTION;
    if (made?.of !== redaction) made = { of: redaction, redact: createRedactor(redaction) };
    return made.redact(json);
  };
}
