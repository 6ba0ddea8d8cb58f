/** The calls that Terraform's AWS provider makes for a resource, with what its state holds between them. */
export interface Resource {
  readonly create: () => Promise<unknown>;
  /** What a refresh reads, without times and metadata. */
  readonly read: () => Promise<unknown>;
  /** What a refresh must read after the creation: anything more or less is a difference of the next plan. */
  readonly created: unknown;
  readonly update: () => Promise<unknown>;
  readonly updated: unknown;
  readonly remove: () => Promise<unknown>;
  /** What a refresh reads of a resource that is gone; an error's name where the read fails. */
  readonly gone: unknown;
}

export const EVENTS = "arn:aws:events:us-east-1:000000000000";
export const SCHEDULER = "arn:aws:scheduler:us-east-1:000000000000";
export const QUEUE = "arn:aws:sqs:us-east-1:000000000000:work";
export const ROLE = "arn:aws:iam::000000000000:role/any";
export const BUS = "default";
export const PATTERN = '{"detail":{"total":[{"numeric":[">",100]}]},"source":["shop"]}';

/** An answer without what a plan does not compare. */
export function planned(answer: object): object {
  const times = ["CreationTime", "LastModifiedTime", "LastAuthorizedTime", "CreationDate", "LastModificationDate"];
  return Object.fromEntries(Object.entries(answer).filter(([name]) => name !== "$metadata" && !times.includes(name)));
}

/** The members of an answer that have an id of the router's making say only that they are there. */
export function withoutIds(answer: object): object {
  return JSON.parse(
    JSON.stringify(answer).replaceAll(/\/[0-9a-f]{8}-[0-9a-f-]{27}(-[0-9a-f]{6})?"/g, '/ID"'),
  ) as object;
}
