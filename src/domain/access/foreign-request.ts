/** Why a router without credentials refuses a request. */
export interface ForeignRequest {
  /** `web_page`: a browser sent it for a page of another site. `unknown_host`: its `Host` is not the router's. */
  readonly reason: "web_page" | "unknown_host";
  readonly message: string;
}

/** The headers that reveal what sent a request. A page can change none of them. */
export interface SenderHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly "sec-fetch-site"?: string | string[] | undefined;
}

/** A DNS name has at most 253 characters, and a port with its colon six. */
const HOST_CHARACTERS_MAX = 259;

const PAGE: ForeignRequest = {
  reason: "web_page",
  message: "Requests that a browser sends for a page of another site are refused.",
};

/**
 * Returns why a request is foreign; undefined when it is not.
 *
 * A browser sends requests for any page, to this machine and this network too. It adds `Origin`, or at least
 * `Sec-Fetch-Site` (Fetch Metadata Request Headers, section 2.3). A page whose own name resolves to the router (DNS
 * rebinding) is of the same origin, but its name stands in `Host`. An address cannot be rebound, so every address is
 * allowed, and so is `localhost`.
 *
 * @param allowedHosts names in lower case; `*.NAME` allows all names below it, and `*` all names.
 */
export function foreignRequest(headers: SenderHeaders, allowedHosts: readonly string[]): ForeignRequest | undefined {
  const { host = "", origin } = headers;
  const isOwnPage = origin === `http://${host}` || origin === `https://${host}`;
  if (origin !== undefined && !isOwnPage) return PAGE;
  if (!isSiteAllowed(headers["sec-fetch-site"], isOwnPage)) return PAGE;
  if (host === "" || isHostAllowed(host, allowedHosts)) return undefined;
  const shown = host.slice(0, HOST_CHARACTERS_MAX);
  return {
    reason: "unknown_host",
    message: `"${shown}" is not a host of this router: its setting BUSBAR_ALLOWED_HOSTS lists them.`,
  };
}

/** `none` is an address that a person typed. A page of the same site may be of another port. */
function isSiteAllowed(site: string | string[] | undefined, isOwnPage: boolean): boolean {
  return site === undefined || site === "none" || site === "same-origin" || (site === "same-site" && isOwnPage);
}

function isHostAllowed(host: string, allowedHosts: readonly string[]): boolean {
  if (host.length > HOST_CHARACTERS_MAX) return false;
  if (/^\[[0-9a-f:.]+\](:\d+)?$/i.test(host)) return true;
  const name = host.replace(/\.?(:\d*)?$/, "").toLowerCase();
  if (name === "localhost" || name.endsWith(".localhost") || /^\d+(\.\d+){3}$/.test(name)) return true;
  return allowedHosts.some((allowed) => (allowed.startsWith("*") ? name.endsWith(allowed.slice(1)) : allowed === name));
}
