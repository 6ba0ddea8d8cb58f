import { z } from "zod";
import { tlsProblem } from "./tls-problem.ts";
import { addIssue } from "./fields.ts";

const PEM_CHARACTERS_MAX = 262_144;

function pem(description: string) {
  return z.string().max(PEM_CHARACTERS_MAX).describe(description);
}

/** What calls over https use beside the system's authorities. */
export const tlsSchema = z
  .strictObject({
    ca: pem("Certificates to trust in place of the system's, in PEM, best as ${file:/path}.").exactOptional(),
    cert: pem("The certificate that the router shows, in PEM, best as ${file:/path}.").exactOptional(),
    key: pem("Its private key, in PEM, best as ${file:/path}.").exactOptional(),
  })
  .superRefine((value, issues) => {
    if ((value.cert === undefined) !== (value.key === undefined))
      addIssue(issues, "must have cert and key, or neither");
    const problem = tlsProblem(value);
    if (problem !== undefined) addIssue(issues, problem, { hidesValue: true });
  })
  .describe("For https: whom to trust, and who the router is.");
