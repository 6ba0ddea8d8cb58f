const ATTRIBUTES_MAX = 10;
const DELAY_SECONDS_MAX = 900;

/** What somebody has written of a message: attributes a line each. */
interface WrittenMessage {
  readonly body: string;
  readonly attributes: string;
  readonly delay: string;
}

/** What is wrong about a message; undefined where it may be sent. */
export function problemOfMessage({ body, attributes, delay }: WrittenMessage): string | undefined {
  if (body === "") return "A message needs a body.";
  const read = attributesOf(attributes);
  if (read === undefined) return "Each attribute must be name=value, with a value.";
  if (Object.keys(read).length > ATTRIBUTES_MAX) return `A message has ${ATTRIBUTES_MAX} attributes at most.`;
  if (delay === "" || (/^\d{1,3}$/.test(delay) && Number(delay) <= DELAY_SECONDS_MAX)) return undefined;
  return `The delay must be 0 to ${DELAY_SECONDS_MAX} seconds.`;
}

/** Attributes from their lines; undefined where a line is none. */
export function attributesOf(text: string): Readonly<Record<string, string>> | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const pairs = lines.map((line) => /^\s*([^=\s]+)=(.+)$/.exec(line)?.slice(1, 3) as [string, string] | undefined);
  return pairs.some((pair) => pair === undefined)
    ? undefined
    : Object.fromEntries(pairs.filter((pair) => pair !== undefined));
}
