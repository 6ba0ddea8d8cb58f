/**
 * Whether a host is the machine itself, whatever its resolver says: `localhost` and names below it, 127.0.0.0/8, and `::1`
 * as an address or as it stands in a URL.
 */
export function isLoopback(host: string): boolean {
  return /^(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}
