import type { RequestListener } from "node:http";
import type { Door } from "./auth/door.ts";
import { AwsError, HttpProblem } from "./errors.ts";
import { refuseUnread } from "./refuse-unread.ts";

/** Keeps the pages of other sites out of a port, whatever they ask for. */
export function refuseForeign(door: Door, listener: RequestListener): RequestListener {
  return (request, response) => {
    const foreign = door.foreign(request);
    if (foreign === undefined) return listener(request, response);
    const { message } = foreign;
    refuseUnread(request, response, new AwsError("AccessDeniedException", message), new HttpProblem(403, message));
  };
}
