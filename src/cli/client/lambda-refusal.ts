import { isJsonObject, parseJson } from "../../json/json.ts";
import { CommandError } from "../command-error.ts";
import { inOneLine } from "../output/escape.ts";
import { TOKEN_HINT } from "./router-call.ts";

/** An error of the Lambda API, as people read it. @param text the answer's body */
export function lambdaRefusal(code: string, text: string): CommandError {
  const body = parseJson(text);
  const message = isJsonObject(body) ? (body["message"] ?? body["Message"]) : undefined;
  const hint = code === "MissingAuthenticationTokenException" ? `\n${TOKEN_HINT}` : "";
  return new CommandError(`${inOneLine(`${code}: ${typeof message === "string" ? message : ""}`)}${hint}`);
}
