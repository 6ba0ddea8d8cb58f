import { z } from "zod";
import type { Cors } from "../../../../domain/http-route/http-route.ts";
import { addIssue, boundedText, wholeNumber } from "../fields.ts";

const NAMES_MAX = 100;
const METHODS = ["*", "GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"] as const;

const origin = boundedText("An origin, as https://shop.example; or *, http://* or https://*.").superRefine(
  (value, issues) => {
    if (["*", "http://*", "https://*"].includes(value)) return;
    if (URL.canParse(value) && new URL(value).origin === value) return;
    addIssue(issues, "must be an origin as https://shop.example, *, http://* or https://*");
  },
);

const headerName = z
  .string()
  .regex(/^(\*|[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128})$/, { error: "must be the name of a header, or *" });

function headerNames(about: string) {
  return z.array(headerName).max(NAMES_MAX).default([]).describe(about);
}

/** Which pages of other origins may read answers, with API Gateway's and Lambda's property names. */
export const corsSchema = z
  .strictObject({
    allowOrigins: z.array(origin).max(NAMES_MAX).default([]).describe("Origins of pages that may read answers."),
    allowMethods: z.array(z.enum(METHODS)).max(METHODS.length).default([]).describe("Methods that they may use."),
    allowHeaders: headerNames("Headers that they may send."),
    exposeHeaders: headerNames("Headers of answers that they may read."),
    allowCredentials: z.boolean().default(false).describe("Whether they may send cookies and the like."),
    maxAgeSeconds: wholeNumber(0, 86_400, "How long a browser may keep the answer to a preflight.").exactOptional(),
  })
  .superRefine(({ allowCredentials, allowOrigins }, issues) => {
    if (!allowCredentials || !allowOrigins.includes("*")) return;
    addIssue(issues, "must not hold * where allowCredentials is true: name the origins", { path: ["allowOrigins"] });
  })
  .describe("Answers preflights without a call, and takes the place of the function's own CORS headers.");

export function toCors(shape: z.output<typeof corsSchema> | undefined): { readonly cors?: Cors } {
  return shape === undefined ? {} : { cors: shape };
}
