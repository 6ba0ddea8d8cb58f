import type { Registry } from "prom-client";
import { Gauge } from "prom-client";

/** Of the configuration in force. */
export function configMetrics(registry: Registry) {
  const registers = [registry];
  return {
    configInfo: new Gauge({
      name: "busbar_config_info",
      help: "1 for the digest of the configuration in force.",
      labelNames: ["digest"] as const,
      registers,
    }),
    reloadSuccessful: new Gauge({
      name: "busbar_config_last_reload_successful",
      help: "Whether the last configuration read was taken over (1) or had problems (0).",
      registers,
    }),
    reloadTimestampSeconds: new Gauge({
      name: "busbar_config_last_reload_timestamp_seconds",
      help: "When a configuration was last taken over, in seconds since 1970.",
      registers,
    }),
  };
}
