import type { Identity } from "../../../../../domain/arn.ts";
import { endpointArn } from "../../../../../domain/arn.ts";
import { page, PAGING } from "../../../input/paging.ts";
import { required, string, structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { eventsError } from "../errors.ts";
import { RULE_NAME } from "../names.ts";

/** What the operations about what is never there know: where they would look for it. */
export interface Locating {
  readonly identity: Identity;
}

const ENDPOINT_NAME = RULE_NAME;
const HOME_REGION = string({ pattern: "^[\\-a-z0-9]+$", lengthMin: 9, lengthMax: 20 });

/** A global endpoint leads to buses of two regions. An installation is one region, so there are none and none is made. */
export const ENDPOINT_OPERATIONS: Readonly<Record<string, (place: Locating) => Operation>> = {
  ListEndpoints: () =>
    operation({
      input: structure("ListEndpointsRequest", {
        NamePrefix: ENDPOINT_NAME,
        HomeRegion: HOME_REGION,
        NextToken: PAGING.NextToken,
        MaxResults: PAGING.Limit,
      }),
      resource: () => "*",
      handle: ({ NextToken }) => ({
        Endpoints: page({ NextToken: NextToken ?? null }, ["endpoints"], [], String).items,
      }),
    }),
  DescribeEndpoint: ofEndpoint("DescribeEndpointRequest"),
  CreateEndpoint: ({ identity }) =>
    operation({
      input: structure("CreateEndpointRequest", { Name: required(ENDPOINT_NAME) }),
      resource: ({ Name }) => endpointArn(identity, Name),
      handle: () => {
        const message = "CreateEndpoint is disabled: an endpoint needs two regions, and there is one here.";
        throw eventsError("OperationDisabledException", message);
      },
    }),
  UpdateEndpoint: ofEndpoint("UpdateEndpointRequest"),
  DeleteEndpoint: ofEndpoint("DeleteEndpointRequest"),
};

/** An operation on an endpoint, of which there is none. */
function ofEndpoint(requestName: string): (place: Locating) => Operation {
  return ({ identity }) =>
    operation({
      input: structure(requestName, { Name: required(ENDPOINT_NAME) }),
      resource: ({ Name }) => endpointArn(identity, Name),
      handle: ({ Name }) => {
        throw eventsError("ResourceNotFoundException", `Endpoint ${Name} does not exist.`);
      },
    });
}
