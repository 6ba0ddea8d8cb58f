/** A time as AWS's JSON protocols have it: whole seconds since 1970. @param ms milliseconds since 1970 */
export function epochSeconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
