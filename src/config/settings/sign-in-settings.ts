import { z } from "zod";
import { isLoopback } from "../../text/loopback.ts";
import { HTTP_URL, urlProblem } from "../../text/url-problem.ts";
import { choiceSetting, fileSetting, keysSetting, numberSetting } from "./fields.ts";

/** How people sign in to the console. */
export const SIGN_IN_SETTINGS = {
  consoleOrigin: z
    .string()
    .transform((text, context) => {
      if (text === "") return undefined;
      const problem = secureUrlProblem(text);
      if (problem !== undefined) context.addIssue(problem);
      else if (![text, `${text}/`].includes(`${new URL(text).origin}/`))
        context.addIssue("must have no path: BUSBAR_CONSOLE_PATH is the place for it");
      return problem === undefined ? new URL(text).origin : text;
    })
    .prefault("")
    .describe("Where browsers find the console, as https://ops.example.com; needed behind a proxy that speaks HTTPS."),
  consoleCookieKey: keysSetting(
    "Keys of the console's session cookies; the first encrypts. Made at start when not set.",
  ),
  consoleSessionHours: numberSetting(1, 168).prefault("12").describe("How long somebody stays signed in at most."),
  consoleOidcIssuer: z
    .string()
    .transform((text, context) => {
      const problem = text === "" ? undefined : secureUrlProblem(text);
      if (problem !== undefined) context.addIssue(problem);
      return text === "" ? undefined : text;
    })
    .prefault("")
    .describe("OpenID Connect issuer that people sign in to the console with."),
  consoleOidcName: z
    .string()
    .regex(/^[^\p{C}]{0,64}$/u, { error: "must be one line of up to 64 characters" })
    .prefault("")
    .describe("What the button calls the issuer: Sign in with …; by default its host."),
  consoleOidcClientId: z
    .string()
    .transform((text) => (text === "" ? undefined : text))
    .prefault("")
    .describe("The console's client id at the issuer."),
  consoleOidcClientSecretFile: fileSetting("File of its client secret, where it has one."),
  consoleOidcScopes: z
    .string()
    .regex(/^(?=.*\bopenid\b)[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/, {
      error: "must be scopes separated by blanks, openid among them",
    })
    .prefault("openid profile email")
    .describe("What the issuer is asked for; with offline_access some give a refresh token only then."),
  consoleOidcToken: choiceSetting(["id", "access"])
    .prefault("id")
    .describe("Which of the issuer's tokens routers are sent: its ID token, or its access token where that is a JWT."),
};

/** What is wrong with an address that secrets are sent to. */
function secureUrlProblem(text: string): string | undefined {
  const problem = urlProblem(text, HTTP_URL);
  if (problem !== undefined) return problem;
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || isLoopback(hostname) ? undefined : "must be https beyond loopback";
}
