import type { RequestHandler } from "express";
import { Problem } from "../errors.ts";

/** A page of another site could have a browser on this machine purge queues. Browsers say where such a request is from. */
export const refuseBrowsers: RequestHandler = (request, _response, next) => {
  if (request.method !== "GET" && request.headers.origin !== undefined) {
    throw new Problem(403, "requests of web pages are refused");
  }
  next();
};
