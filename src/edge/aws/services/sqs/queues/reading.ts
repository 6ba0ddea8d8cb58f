import type { Identity } from "../../../../../domain/arn.ts";
import { queueArn } from "../../../../../domain/arn.ts";
import { deadLetterSources } from "../../../../../domain/queue/queue-users.ts";
import { pathOf } from "../../../../http/auth/signed-request.ts";
import { page } from "../../../input/paging.ts";
import { string, structure } from "../../../input/shapes.ts";
import type { Operation, OperationCall } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { foundQueue, QUEUE_URL, configuredQueue, queueResource } from "../messaging.ts";
import type { Messaging } from "../messaging.ts";
import { missing, requireBetween, sqsError } from "../errors.ts";
import { ANY_INTEGER } from "../messages/outgoing.ts";
import { isQueuePath, queueUrl } from "../queue-url.ts";

const RESULTS_MAX = 1_000;
const PAGED = { MaxResults: ANY_INTEGER, NextToken: string() };

export function getQueueUrl({ config, identity }: Messaging): Operation {
  return operation({
    input: structure("GetQueueUrlRequest", { QueueName: string(), QueueOwnerAWSAccountId: string() }),
    resource: ({ QueueName }) => queueArn(identity, requireName(QueueName)),
    handle: ({ QueueName }, { arrival }) => {
      const { name } = foundQueue(config(), requireName(QueueName));
      return { QueueUrl: queueUrl(arrival.request, identity, name) };
    },
  });
}

export function listQueues({ config, identity }: Messaging): Operation {
  return operation({
    input: structure("ListQueuesRequest", { QueueNamePrefix: string(), ...PAGED }),
    resource: () => queueArn(identity, "*"),
    handle: ({ QueueNamePrefix, MaxResults, NextToken }, call) => {
      requireNoQueuePath("ListQueues", call);
      const names = [...config().queues.keys()].filter((name) => name.startsWith(QueueNamePrefix ?? ""));
      const { urls, next } = pageOfUrls("ListQueues", names, { MaxResults, NextToken }, call, identity);
      return { ...(urls.length === 0 ? {} : { QueueUrls: urls }), ...next };
    },
  });
}

export function listDeadLetterSourceQueues(messaging: Messaging): Operation {
  const { config, identity } = messaging;
  return operation({
    input: structure("ListDeadLetterSourceQueuesRequest", { ...QUEUE_URL, ...PAGED }),
    resource: (input) => queueResource(messaging, input),
    handle: (input, call) => {
      const { name } = configuredQueue(messaging, input);
      const names = deadLetterSources(config()).get(name) ?? [];
      const { urls, next } = pageOfUrls("ListDeadLetterSourceQueues", names, input, call, identity);
      // The model requires the list, though it is empty.
      return { queueUrls: urls, ...next };
    },
  });
}

/** Without `MaxResults` there is one page, and no token to another. */
function pageOfUrls(
  listing: string,
  names: readonly string[],
  {
    MaxResults,
    NextToken,
  }: { readonly MaxResults?: number | null | undefined; readonly NextToken?: string | null | undefined },
  { arrival }: OperationCall,
  identity: Identity,
) {
  const bounds = { min: 1, max: RESULTS_MAX };
  const limit = requireBetween("MaxResults", MaxResults, bounds, `Must be between 1 and ${RESULTS_MAX}, if provided.`);
  const paging = { NextToken: NextToken ?? null, Limit: limit ?? RESULTS_MAX };
  const { items, next } = page(paging, [listing], names, (name) => name);
  return {
    urls: items.map((name) => queueUrl(arrival.request, identity, name)),
    next: limit === undefined ? {} : next,
  };
}

/** These two are not about a queue. @throws AwsError where a request was sent to one */
export function requireNoQueuePath(name: string, { arrival: { request } }: Pick<OperationCall, "arrival">): void {
  if (!isQueuePath(pathOf(request.url ?? ""))) return;
  throw sqsError("InvalidAction", `The action ${name} is not valid for this endpoint.`);
}

export function requireName(name: string | null | undefined): string {
  if (name === undefined || name === null || name === "") throw missing("QueueName");
  return name;
}
