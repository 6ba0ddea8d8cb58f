/** Whether a value is a text on one line, without control characters: such texts go to terminals and into logs. */
export function isLine(value: unknown, charactersMax: number): value is string {
  return typeof value === "string" && value.length <= charactersMax && !/\p{Cc}/u.test(value);
}
