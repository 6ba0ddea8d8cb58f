import { LiveCredentials } from "../config/access/live-credentials.ts";
import { LiveCertificate } from "../config/live/live-certificate.ts";
import type { Settings } from "../config/settings.ts";
import { hostsOf } from "../config/settings.ts";
import type { Limit } from "../domain/limits.ts";
import { Door } from "../edge/http/auth/door.ts";
import type { Observation } from "../edge/observe/observation.ts";
import type { Lifecycle } from "./lifecycle.ts";

/** Asks everybody who they are, by the credentials of the settings' file; where there is none, nobody. */
export async function openDoor(
  settings: Settings,
  rate: Limit,
  { accessObserver, log }: Observation,
  lifecycle: Lifecycle,
): Promise<Door> {
  const { accessKeysFile, auth } = settings;
  if (auth === "none") log.warn("BUSBAR_AUTH=none: whoever reaches this router may put, read and delete everything");
  const live =
    accessKeysFile === undefined
      ? undefined
      : await LiveCredentials.open(accessKeysFile, { env: process.env, folders: settings.secretFolders }, (facts) =>
          accessObserver.credentialsReloaded(facts),
        );
  if (live !== undefined) lifecycle.onStop("credentials watch", live.stop);
  return new Door({
    credentials: () => live?.current,
    allowedHosts: hostsOf(settings),
    observer: accessObserver,
    rate,
    clock: { wallMs: Date.now, steadyMs: () => performance.now() },
  });
}

/** The certificate of both HTTP ports; undefined where they speak plain HTTP. The Runtime API's clients know no other. */
export async function openCertificate(
  { tlsCertFile: certFile, tlsKeyFile: keyFile }: Settings,
  { log }: Observation,
  lifecycle: Lifecycle,
): Promise<LiveCertificate | undefined> {
  if (certFile === undefined || keyFile === undefined) return undefined;
  const certificate = await LiveCertificate.open({ certFile, keyFile }, (problem) => {
    if (problem === undefined) log.info("certificate taken over");
    else log.error({ problem }, "the certificate is wrong: the one before stays in force");
  });
  lifecycle.onStop("certificate watch", certificate.stop);
  return certificate;
}
