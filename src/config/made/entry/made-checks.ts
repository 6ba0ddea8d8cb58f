import type { z } from "zod";
import type { MadeChecks } from "../../../ports/made-checks.ts";
import { apiDestinationSchema } from "../../kinds/api-destination.ts";
import { connection } from "../../kinds/parts/connection.ts";
import { targetHttpParameters } from "../../kinds/target/http-parameters.ts";
import { kinesisParameters, sqsParameters } from "../../kinds/target/target.ts";
import { rawConnection, rawDestination } from "./destination-entry.ts";
import { httpParametersOf, kinesisParametersOf, sqsParametersOf } from "./made-entry.ts";
import { checkedMapping } from "./mapping-entry.ts";
import { compilePolicy, compileQueuePolicy } from "./made-policy.ts";

/** The checks of what is made over the API. */
export const MADE_CHECKS: MadeChecks = {
  policyProblem(document) {
    const compiled = compilePolicy(document);
    return compiled.ok ? undefined : compiled.reason;
  },
  queuePolicyProblem(document) {
    const compiled = compileQueuePolicy(document);
    return compiled.ok ? undefined : compiled.reason;
  },
  connectionProblem: (type, parameters) => problemOf(connection.safeParse(rawConnection(type, parameters))),
  targetProblem(target) {
    const { httpParameters = {} } = httpParametersOf(target);
    const { sqsParameters: queue } = sqsParametersOf(target);
    const { kinesisParameters: stream } = kinesisParametersOf(target);
    const http = problemOf(targetHttpParameters.safeParse(httpParameters));
    const ofQueue = queue === undefined ? undefined : problemOf(sqsParameters.safeParse(queue));
    return http ?? ofQueue ?? (stream === undefined ? undefined : problemOf(kinesisParameters.safeParse(stream)));
  },
  mappingProblem: (made, identity) => problemOf(checkedMapping(made, identity)),
  apiDestinationProblem: (made) => problemOf(apiDestinationSchema.safeParse(rawDestination(made, undefined))),
};

/** Where the first problem is, and what it is: never the value. */
function problemOf({ error }: z.ZodSafeParseResult<unknown>): string | undefined {
  const [issue] = error?.issues ?? [];
  return issue && `${issue.path.map(String).join(".")} ${issue.message}`;
}
