import type { Authenticator } from "../../edge/http/auth/authenticator.ts";
import { createCookieKeys } from "../../console/server/session/cookie-keys.ts";
import { SignInIssuer } from "../../console/server/session/issuer.ts";
import { Sessions } from "../../console/server/session/sessions.ts";
import type { SignInOptions } from "../../console/server/session/sign-in.ts";
import type { Settings } from "../../config/settings/settings.ts";
import { Episode } from "../../edge/observe/log/episode.ts";
import { steadyMs } from "../process.ts";
import type { Shared } from "../shared.ts";

/** A failure that stays is logged again after so long: strangers can cause some. */
const REMIND_MS = 60_000;
const HOUR_MS = 3_600_000;

/** How people sign in to the console, by the settings; undefined where nobody is asked who they are. */
export function signInOptions(
  authenticator: Authenticator,
  { settings, observation }: Pick<Shared, "settings" | "observation">,
): SignInOptions | undefined {
  const { accessKeysFile, consoleCookieKey, consoleOrigin: origin, consolePath: base, consoleSessionHours } = settings;
  const { log, accessObserver } = observation;
  if (accessKeysFile === undefined) return undefined;
  if (consoleCookieKey.length === 0)
    log.info("the console's sessions end with this process: BUSBAR_CONSOLE_COOKIE_KEY is not set");
  const nowMs = Date.now;
  const keys = createCookieKeys(consoleCookieKey, nowMs);
  const failures = new Episode({ remindMs: REMIND_MS });
  const issuer = issuerOf(settings, nowMs);
  return {
    sessions: new Sessions({ keys, origin, lengthMsMax: consoleSessionHours * HOUR_MS, nowMs }, base),
    keys,
    authenticator,
    observer: accessObserver,
    issuer,
    origin,
    base,
    nowMs,
    onIssuerFailure: (why) => {
      if (failures.failed(why, steadyMs())) log.warn({ issuer: issuer?.name, why }, "a sign-in with the issuer failed");
    },
  };
}

function issuerOf(settings: Settings, nowMs: () => number): SignInIssuer | undefined {
  const { consoleOidcIssuer: issuer, consoleOidcClientId: clientId, consoleOidcName: name } = settings;
  if (issuer === undefined || clientId === undefined) return undefined;
  const { consoleOidcClientSecretFile, consoleOidcScopes: scopes, consoleOidcToken: token } = settings;
  const shown = name === "" ? new URL(issuer).host : name;
  return new SignInIssuer(
    { issuer, name: shown, clientId, clientSecretFile: consoleOidcClientSecretFile, scopes, token },
    nowMs,
  );
}
