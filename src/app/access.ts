import { LiveCredentials } from "../config/access/live-credentials.ts";
import { LiveCertificate } from "../config/live/live-certificate.ts";
import { hostsOf } from "../config/settings/exposure.ts";
import { SERVICE_ACTIONS } from "../edge/aws/services/services.ts";
import { Authenticator } from "../edge/http/auth/authenticator.ts";
import { steadyMs } from "./process.ts";
import type { Shared } from "./shared.ts";

/** How both HTTP ports know their callers, and what they show of themselves. */
export interface Access {
  readonly authenticator: Authenticator;
  /** Undefined where the ports speak plain HTTP. The clients of the Runtime API speak nothing else. */
  readonly certificate: LiveCertificate | undefined;
}

type AccessShared = Pick<Shared, "settings" | "limits" | "observation" | "lifecycle">;

/** Reads credentials and certificate, and follows the changes of their files. */
export async function startAccess(shared: AccessShared): Promise<Access> {
  return { authenticator: await openAuthenticator(shared), certificate: await openCertificate(shared) };
}

/** Authenticates callers by the credentials of the settings' file; without one, nobody is asked. */
async function openAuthenticator({ settings, limits, observation, lifecycle }: AccessShared): Promise<Authenticator> {
  const { accessObserver, log } = observation;
  const { accessKeysFile, auth } = settings;
  if (auth === "none") log.warn("BUSBAR_AUTH=none: whoever reaches this router may put, read and delete everything");
  const live =
    accessKeysFile === undefined
      ? undefined
      : await LiveCredentials.open(
          accessKeysFile,
          { env: process.env, folders: settings.secretFolders, serviceActions: SERVICE_ACTIONS },
          (facts) => accessObserver.credentialsReloaded(facts),
        );
  if (live !== undefined) lifecycle.onStop("credentials watch", live.stop);
  return new Authenticator({
    credentials: () => live?.current,
    allowedHosts: hostsOf(settings),
    observer: accessObserver,
    rate: limits.principalRequests,
    clock: { wallMs: Date.now, steadyMs },
  });
}

async function openCertificate({
  settings,
  observation,
  lifecycle,
}: AccessShared): Promise<LiveCertificate | undefined> {
  const { tlsCertFile: certFile, tlsKeyFile: keyFile } = settings;
  const { log } = observation;
  if (certFile === undefined || keyFile === undefined) return undefined;
  const certificate = await LiveCertificate.open({ certFile, keyFile }, (problem) => {
    if (problem === undefined) log.info("certificate taken over");
    else log.error({ problem }, "the certificate is wrong: the one before stays in force");
  });
  lifecycle.onStop("certificate watch", certificate.stop);
  return certificate;
}
