import { hashedUuid } from "../../text/hashed-uuid.ts";

/**
 * The UUID that Lambda's API knows a mapping of a file by: the same at every router, made of the mapping's name. One that was made
 * over the API is called by its UUID.
 */
export function mappingUuidOf(name: string): string {
  return hashedUuid(`event source mapping ${name}`);
}
