import { z } from "zod";
import { STORE_URL, urlProblem } from "../../text/url-problem.ts";
import { fileSetting, keysSetting, numberSetting } from "./fields.ts";

const SSL_MODES = ["disable", "require", "verify-full"];

/** Where the store is, and how it is reached. */
export const STORE_SETTINGS = {
  store: z
    .string()
    .transform((value, context) => {
      if (value === "auto" || value === "off" || value === "embedded") return value;
      const urls = value.split(",").map((url) => url.trim());
      for (const [index, url] of urls.entries()) {
        const problem = storeUrlProblem(url);
        if (problem === undefined) continue;
        context.addIssue(`must be auto, off, embedded, or URLs separated by commas: URL ${index + 1} ${problem}`);
      }
      return urls;
    })
    .prefault("auto")
    .describe(
      "`embedded`, postgres:// URLs separated by commas, or off; auto is embedded beside the embedded broker, else off.",
    ),
  storeConnections: numberSetting(1, 100).prefault("5").describe("Connections to PostgreSQL at most."),
  storeCaFile: fileSetting("Certificates that PostgreSQL's is checked by, in PEM; the system's by default."),
  storeCertFile: fileSetting("Client certificate for PostgreSQL, in PEM."),
  storeKeyFile: fileSetting("Its private key, in PEM."),
  secretKey: keysSetting("Keys that seal the secrets in the store; the first seals, all of them open."),
};

/** Which store a router has; undefined without one. */
export function storeOf({
  store,
  broker,
}: {
  readonly store: "auto" | "off" | "embedded" | readonly string[];
  readonly broker: "embedded" | readonly string[];
}): "embedded" | readonly string[] | undefined {
  if (store === "auto") return broker === "embedded" ? "embedded" : undefined;
  return store === "off" ? undefined : store;
}

function storeUrlProblem(text: string): string | undefined {
  const problem = urlProblem(text, STORE_URL);
  if (problem !== undefined) return problem;
  for (const [name, value] of new URL(text).searchParams) {
    if (name !== "sslmode") return `has a parameter other than sslmode: ${name}`;
    if (!SSL_MODES.includes(value)) return `has an sslmode other than ${SSL_MODES.join(", ")}`;
  }
  return undefined;
}
