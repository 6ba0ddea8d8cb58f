import { eventSourceArn } from "../../../../../domain/arn.ts";
import { page, PAGING } from "../../../input/paging.ts";
import { ignored, list, required, string, structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { eventsError } from "../errors.ts";
import { BUS_NAME_PREFIX } from "../names.ts";
import type { Locating } from "./endpoints.ts";

const SOURCE_NAME = string({ pattern: "aws\\.partner(/[\\.\\-_A-Za-z0-9]+){2,}", lengthMin: 1, lengthMax: 256 });
const PARTNER_PREFIX = string({
  pattern: "aws\\.partner/[\\.\\-_A-Za-z0-9]+/[/\\.\\-_A-Za-z0-9]*",
  lengthMin: 1,
  lengthMax: 256,
});
const ACCOUNT = string({ pattern: "\\d{12}", lengthMin: 12, lengthMax: 12 });
const ENTRIES_MAX = 20;

/** AWS's partners send to AWS alone, so an installation has no event source of one, and is no partner of anybody. */
export const PARTNER_OPERATIONS: Readonly<Record<string, (place: Locating) => Operation>> = {
  ListEventSources: () =>
    operation({
      input: structure("ListEventSourcesRequest", { NamePrefix: BUS_NAME_PREFIX, ...PAGING }),
      resource: () => "*",
      handle: (input) => ({ EventSources: page(input, ["event-sources"], [], String).items }),
    }),
  ListPartnerEventSources: () =>
    operation({
      input: structure("ListPartnerEventSourcesRequest", { NamePrefix: required(PARTNER_PREFIX), ...PAGING }),
      resource: () => "*",
      handle: (input) => ({ PartnerEventSources: page(input, ["partner-event-sources"], [], String).items }),
    }),
  DescribeEventSource: ofSource("DescribeEventSourceRequest"),
  ActivateEventSource: ofSource("ActivateEventSourceRequest"),
  DeactivateEventSource: ofSource("DeactivateEventSourceRequest"),
  DescribePartnerEventSource: ofSource("DescribePartnerEventSourceRequest"),
  ListPartnerEventSourceAccounts: ({ identity }) =>
    operation({
      input: structure("ListPartnerEventSourceAccountsRequest", { EventSourceName: required(SOURCE_NAME), ...PAGING }),
      resource: ({ EventSourceName }) => eventSourceArn(identity, EventSourceName),
      handle: ({ EventSourceName }) => noSuchSource(EventSourceName),
    }),
  CreatePartnerEventSource: asPartner("CreatePartnerEventSource"),
  DeletePartnerEventSource: asPartner("DeletePartnerEventSource"),
  PutPartnerEvents: () =>
    operation({
      input: structure("PutPartnerEventsRequest", {
        Entries: required(list(ignored, { lengthMin: 1, lengthMax: ENTRIES_MAX })),
      }),
      resource: () => "*",
      handle: () => onlyForPartners("PutPartnerEvents"),
    }),
};

/** An operation on an event source, of which there is none. */
function ofSource(requestName: string): (place: Locating) => Operation {
  return ({ identity }) =>
    operation({
      input: structure(requestName, { Name: required(SOURCE_NAME) }),
      resource: ({ Name }) => eventSourceArn(identity, Name),
      handle: ({ Name }) => noSuchSource(Name),
    });
}

/** A change that a partner makes of its own event sources. */
function asPartner(name: string): (place: Locating) => Operation {
  return ({ identity }) =>
    operation({
      input: structure(`${name}Request`, { Name: required(SOURCE_NAME), Account: required(ACCOUNT) }),
      resource: ({ Name }) => eventSourceArn(identity, Name),
      handle: () => onlyForPartners(name),
    });
}

function noSuchSource(name: string): never {
  throw eventsError("ResourceNotFoundException", `Event source ${name} does not exist.`);
}

function onlyForPartners(name: string): never {
  const message = `${name} is disabled: there are no partner event sources here. Put events with PutEvents.`;
  throw eventsError("OperationDisabledException", message);
}
