import type { JsonObject } from "../../../json/json.ts";
import { isJsonObject } from "../../../json/json.ts";
import { utf8Text } from "../../http/body.ts";
import { commonError } from "../errors.ts";
import { oversize } from "./oversize.ts";

/** Reads the input of an operation from a body that is a JSON object. @throws AwsError `SerializationException` */
export function readJsonBody(body: Buffer): JsonObject {
  const problem = oversize(body);
  if (problem !== undefined) throw commonError("SerializationException", problem);
  const text = utf8Text(body);
  if (text === undefined) throw commonError("SerializationException", "The request body is not UTF-8.");
  const input = parse(text);
  if (!isJsonObject(input)) throw commonError("SerializationException", "The request body must be a JSON object.");
  return input;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw commonError("SerializationException", "The request body is not JSON.", { cause });
  }
}
