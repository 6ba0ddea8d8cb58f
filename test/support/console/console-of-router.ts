import { createConsoleApp } from "../../../src/console/server/console-app.ts";
import { HttpProblem } from "../../../src/edge/http/errors.ts";
import { allowEverybody } from "../http/authenticator.ts";
import { serveHttp } from "../http/http-target.ts";
import type { Ending } from "../rabbitmq/rabbitmq.ts";
import type { Router } from "../router/router.ts";
import { builtConsole } from "./browser-page.ts";

/**
 * Serves a console without a journal beside a router, until the suite ends. What it reports is added to `wrong`.
 *
 * @returns its URL, with a slash at the end.
 */
export async function serveConsoleOf(router: Router, endings: Ending, wrong: string[]): Promise<string> {
  const never = (): never => {
    throw new HttpProblem(503, "this console has no journal");
  };
  const app = createConsoleApp({
    history: never,
    explainKept: never,
    identity: { accountId: "000000000000", region: "us-east-1" },
    authenticator: allowEverybody(),
    adminUrl: router.adminUrl,
    publicUrl: router.publicUrl,
    base: "/",
    pageFolder: await builtConsole(endings),
    readOnly: false,
    version: "0.0.0",
    report: (error) => wrong.push(String(error)),
  });
  const server = await serveHttp(app);
  endings.after(() => server.stop());
  return `${server.url}/`;
}
