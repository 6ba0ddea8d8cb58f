import type { Registry } from "prom-client";
import { Counter } from "prom-client";

/** Of what was given up, and what people have done about it since. */
export function deadLetterMetrics(registry: Registry) {
  const registers = [registry];
  return {
    deadLetters: new Counter({
      name: "busbar_dead_letters_total",
      help: "Messages stored in a dead-letter queue.",
      labelNames: ["queue", "reason"] as const,
      registers,
    }),
    deadLettersRedriven: new Counter({
      name: "busbar_dead_letters_redriven_total",
      help: "Dead letters and parked messages that were redriven.",
      labelNames: ["to"] as const,
      registers,
    }),
    deadLettersPurged: new Counter({
      name: "busbar_dead_letters_purged_total",
      help: "Dead letters and parked messages that somebody had deleted.",
      registers,
    }),
    parked: new Counter({
      name: "busbar_parked_messages_total",
      help: "Messages put aside because they could not be read or survived.",
      labelNames: ["reason"] as const,
      registers,
    }),
  };
}
