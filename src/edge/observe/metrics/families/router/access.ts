import type { Registry } from "prom-client";
import { Counter, Gauge } from "prom-client";

/** Of who was let in. */
export function accessMetrics(registry: Registry) {
  const registers = [registry];
  return {
    authFailures: new Counter({
      name: "busbar_auth_failures_total",
      help: "Requests and entries that were refused for who sent them, by the reason.",
      labelNames: ["reason"] as const,
      registers,
    }),
    issuerKeyFetches: new Counter({
      name: "busbar_issuer_key_fetches_total",
      help: "Times that an issuer's keys were fetched, by the outcome.",
      labelNames: ["outcome"] as const,
      registers,
    }),
    credentialsReloadSuccessful: new Gauge({
      name: "busbar_credentials_last_reload_successful",
      help: "1 if the last change of the file of keys, tokens and policies was taken over, 0 if it is wrong.",
      registers,
    }),
  };
}
