import { z } from "zod";
import type { ConnectionParameters, HttpParameters } from "../../../domain/target/http-parameters.ts";

const PARAMETERS_MAX = 100;
const VALUE_CHARACTERS_MAX = 512;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** The name of an HTTP header. */
export function headerName(description: string) {
  return z.string().regex(HEADER_NAME, { error: "must be the name of an HTTP header" }).describe(description);
}

/** HTTP's header values: visible ASCII and blanks. A line break in one would start another header. */
export function headerLine(description: string) {
  return z
    .string()
    .regex(/^[\t\x20-\x7e]+$/, { error: "must be plain ASCII on one line, to go into an HTTP header" })
    .describe(description);
}

function texts(name: z.ZodString, value: z.ZodString, description: string) {
  return z
    .record(name, value)
    .refine((all) => Object.keys(all).length <= PARAMETERS_MAX, {
      error: `must have at most ${PARAMETERS_MAX} entries`,
    })
    .default({})
    .describe(description);
}

/** Headers by name. */
export function headerParameters(description: string) {
  return texts(z.string().regex(HEADER_NAME), headerLine("Its value.").max(VALUE_CHARACTERS_MAX), description);
}

/** Query parameters, or members of a body, by name. */
export function namedTexts(description: string) {
  const name = z.string().min(1).max(VALUE_CHARACTERS_MAX);
  return texts(name, z.string().max(VALUE_CHARACTERS_MAX).describe("Its value."), description);
}

/** What a target adds to the call of an API destination. */
export const targetHttpParameters = z
  .strictObject({
    pathParameterValues: z
      .array(z.string().min(1).max(VALUE_CHARACTERS_MAX).describe("A text, or a JSON path into the event."))
      .max(PARAMETERS_MAX)
      .default([])
      .describe("They take the places of the * in the path of the API destination's url, in order."),
    headerParameters: headerParameters("Headers; a value may be a JSON path into the event."),
    queryStringParameters: namedTexts("Query parameters; a value may be a JSON path into the event."),
  })
  .transform(({ pathParameterValues, headerParameters, queryStringParameters }): HttpParameters => ({
    path: pathParameterValues,
    headers: headerParameters,
    query: queryStringParameters,
  }))
  .meta({ description: "Added to the call of an API destination. A connection's come before them." });

/** What a connection adds to each call. */
export const connectionHttpParameters = z
  .strictObject({
    headerParameters: headerParameters("Headers."),
    queryStringParameters: namedTexts("Query parameters."),
    bodyParameters: namedTexts("Members of the body, where that is a JSON object."),
  })
  .transform(({ headerParameters, queryStringParameters, bodyParameters }): ConnectionParameters => ({
    headers: headerParameters,
    query: queryStringParameters,
    body: bodyParameters,
  }))
  .meta({ description: "Added to each call. They come before a target's of the same name." });
