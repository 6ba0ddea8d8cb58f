import type { DoorError } from "../answers/door-errors.ts";
import type { Authorized } from "../authorized.ts";

/** Whether a request is let in. */
export type AuthorizerVerdict =
  | { readonly ok: true; readonly authorized: Authorized }
  | {
      readonly ok: false;
      readonly error: DoorError;
      /** Of a challenge (RFC 6750, section 3). */
      readonly wwwAuthenticate?: string;
    };

export function refused(error: DoorError): AuthorizerVerdict {
  return { ok: false, error };
}
