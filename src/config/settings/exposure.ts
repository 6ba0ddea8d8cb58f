import { isLoopback } from "../../text/loopback.ts";
import type { Settings } from "./settings.ts";

/**
 * The private addresses that API destinations may have. By default, a router that only its own machine reaches may call
 * what only that machine reaches.
 */
export function privateDestinations({ allowPrivateDestinations, host }: Settings): "all" | readonly string[] {
  if (typeof allowPrivateDestinations !== "string") return allowPrivateDestinations;
  const all = allowPrivateDestinations === "true" || (allowPrivateDestinations === "auto" && isLoopback(host));
  return all ? "all" : [];
}

/** The hosts that requests may name where callers are not authenticated: those of the setting, and the listening address. */
export function hostsOf({ allowedHosts, host }: Settings): readonly string[] {
  return [...allowedHosts, host.toLowerCase()];
}

/**
 * What is wrong with settings that are valid one by one, for a router that is to start. A router that other machines
 * can reach authenticates its callers, unless `BUSBAR_AUTH=none` says otherwise.
 */
export function startProblems(settings: Settings): readonly string[] {
  const { auth, accessKeysFile, host, tlsCertFile, tlsKeyFile, brokerCertFile, brokerKeyFile } = settings;
  const { storeCertFile, storeKeyFile } = settings;
  const problems = [...signInProblems(settings)];
  if (auth === "none" && accessKeysFile !== undefined) {
    problems.push("BUSBAR_AUTH=none lets everybody in, and BUSBAR_ACCESS_KEYS_FILE only some: set one of them");
  }
  if (auth === "auto" && accessKeysFile === undefined && !isLoopback(host)) {
    problems.push(
      `others can reach a router that listens on ${host}: name the keys it is to ask for with BUSBAR_ACCESS_KEYS_FILE, ` +
        "or set BUSBAR_AUTH=none to let everybody do everything",
    );
  }
  if ((tlsCertFile === undefined) !== (tlsKeyFile === undefined)) {
    problems.push("BUSBAR_TLS_CERT_FILE and BUSBAR_TLS_KEY_FILE belong together: set both");
  }
  if ((brokerCertFile === undefined) !== (brokerKeyFile === undefined)) {
    problems.push("BUSBAR_BROKER_CERT_FILE and BUSBAR_BROKER_KEY_FILE belong together: set both");
  }
  if ((storeCertFile === undefined) !== (storeKeyFile === undefined)) {
    problems.push("BUSBAR_STORE_CERT_FILE and BUSBAR_STORE_KEY_FILE belong together: set both");
  }
  return problems;
}

/** An issuer is asked by the console who somebody is: it has to know the console, and the console whom it lets in. */
function signInProblems({ consoleOidcIssuer, consoleOidcClientId, accessKeysFile }: Settings): readonly string[] {
  if ((consoleOidcIssuer === undefined) !== (consoleOidcClientId === undefined))
    return ["BUSBAR_CONSOLE_OIDC_ISSUER and BUSBAR_CONSOLE_OIDC_CLIENT_ID belong together: set both"];
  if (consoleOidcIssuer === undefined || accessKeysFile !== undefined) return [];
  return ["BUSBAR_CONSOLE_OIDC_ISSUER signs people in that BUSBAR_ACCESS_KEYS_FILE lets in: set both"];
}
