interface UrlKind {
  /** Such as `http` and `https`. */
  readonly schemes: readonly string[];
  /** What a text that is no such URL must be. */
  readonly wanted: string;
  /** What connects by itself decodes a user name, a password and a path: they have to be percent-encoded rightly. */
  readonly isDecoded: boolean;
}

export const HTTP_URL: UrlKind = { schemes: ["http", "https"], wanted: "an http:// or https:// URL", isDecoded: false };
export const STORE_URL: UrlKind = { schemes: ["postgres", "postgresql"], wanted: "a postgres:// URL", isDecoded: true };
export const BROKER_URL: UrlKind = {
  schemes: ["amqp", "amqps"],
  wanted: "an amqp:// or amqps:// URL",
  isDecoded: true,
};

/**
 * What is wrong with a URL, in words that follow its name; undefined when nothing is. The words never quote it, since it
 * may hold a password. A user name or a password is refused where the URL is not decoded: it has another place there.
 */
export function urlProblem(text: string, { schemes, wanted, isDecoded }: UrlKind): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !schemes.includes(url.protocol.slice(0, -1))) {
    return `must be ${wanted}`;
  }
  if (!isDecoded) return url.username + url.password === "" ? undefined : "must not hold a user name or password";
  const parts = { "user name": url.username, password: url.password, path: url.pathname };
  const wrong = Object.entries(parts).find(([, part]) => !isPercentEncoded(part));
  return wrong && `has a % in its ${wrong[0]} that encodes nothing: write %25 for the character itself`;
}

function isPercentEncoded(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}
