import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RequestHandler, Router as ExpressRouter } from "express";
import express, { Router } from "express";
import { notFound } from "../../edge/http/answer.ts";
import { HttpProblem } from "../../edge/http/errors.ts";

/** What the page may do: run and load what this server has, and nothing else. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const YEAR_MS = 365 * 86_400_000;

/**
 * Serves the built page: its assets, whose names change with what is in them, and `index.html` for every other path, since
 * the page itself knows its paths.
 *
 * @param folder that the page was built into.
 * @param base the path of the console, with a slash at its end.
 * @throws Error where the page was not built.
 */
export function pageRouter(folder: string, base: string): ExpressRouter {
  const html = withBase(readFileSync(join(folder, "index.html"), "utf8"), base);
  const router = Router();
  router.use("/assets", express.static(join(folder, "assets"), { immutable: true, maxAge: YEAR_MS }), notFound);
  const index: RequestHandler = (_request, response) => {
    response.set("cache-control", "no-cache").type("html").send(html);
  };
  router.get("/{*path}", index);
  return router;
}

/** Answers in place of a page that was not built. The console's API is of use without one, to `busbar events` for example. */
export const noPage: RequestHandler = () => {
  throw new HttpProblem(503, "the console's page was not built: npm run build");
};

/** The page's addresses are relative to its base, so that it works below any path. */
function withBase(html: string, base: string): string {
  return html.replace("<head>", () => `<head><base href="${base}">`);
}
