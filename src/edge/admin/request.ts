import type { Request, RequestHandler } from "express";
import type { z } from "zod";
import { VERSION_HEADER } from "../../admin-api/answers.ts";
import { readParameters } from "../../admin-api/parameters.ts";
import type { GuardedAction } from "../../domain/access/actions.ts";
import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import { DEAD_LETTER_QUEUE, PARKED_QUEUE } from "../../domain/queue/queues.ts";
import { QueueRefusedError } from "../../ports/broker/inspector.ts";
import { PublishError } from "../../ports/broker/publisher.ts";
import type { ReportFault } from "../http/answer.ts";
import type { Authenticator } from "../http/auth/authenticator.ts";
import type { Caller } from "../http/auth/caller.ts";
import { HttpProblem } from "../http/errors.ts";

/**
 * The ARN of a request's resource, from its path and query; `*` for none in particular. Undefined where the body names
 * the resource: then the route authorizes the caller itself once it has read the body.
 */
type ResourceOf = (request: Request, identity: Identity) => string | undefined;

/**
 * Makes the guard of a route, which refuses a caller that may not do this to the resource; `known callers` are all whose
 * credentials are known, whatever their policies.
 */
export type May = (action: GuardedAction | "known callers", resource?: ResourceOf) => RequestHandler;

/** What the audit says that somebody unknown has asked for, where no action is needed. */
const ANY_ACTION = "busbar:Me";

const CALLERS = new WeakMap<Request, Caller>();

/** @param version the router's, which callers that are let in find in a header. */
export function mayWith(authenticator: Authenticator, identity: Identity, version: string): May {
  return (action, resourceOf = () => "*") =>
    async (request, response, next) => {
      const isForAll = action === "known callers";
      const caller = await authenticator.authenticateToken(request, isForAll ? ANY_ACTION : action);
      const resource = isForAll ? undefined : resourceOf(request, identity);
      if (resource !== undefined) caller.authorize(action, resource);
      else if (!isForAll) caller.authorizeToAsk(action);
      CALLERS.set(request, caller);
      response.setHeader(VERSION_HEADER, version);
      next();
    };
}

/** The caller of a guarded request. */
export function callerOf(request: Request): Caller {
  const caller = CALLERS.get(request);
  if (caller === undefined) throw new Error("the route has no guard");
  return caller;
}

/**
 * The parameters of a request's query.
 *
 * @throws HttpProblem 400, which names the parameter and what was expected.
 */
export function parametersOf<Schema extends z.ZodObject>({ query }: Request, schema: Schema): z.output<Schema> {
  const read = readParameters(schema, query);
  if (!read.ok) throw new HttpProblem(400, read.problem);
  return read.parameters;
}

/** The queues that operators may open: the configured ones, and Busbar's two for failures. */
export function openQueues({ queues }: Config): readonly string[] {
  return [...queues.keys(), DEAD_LETTER_QUEUE, PARKED_QUEUE];
}

/**
 * The open queue that a request's path names. A message taken from any other queue would be lost to its function.
 *
 * @throws HttpProblem 404 for any other queue.
 */
export function queueOf({ queue: name }: { readonly queue: string }, config: Config): string {
  if (openQueues(config).includes(name)) return name;
  throw new HttpProblem(
    404,
    `there is no queue "${name}": it must be configured, or be ${DEAD_LETTER_QUEUE} or ${PARKED_QUEUE}`,
  );
}

/** What the broker answers. Rejects with the problem that the caller is answered with. */
export type AskBroker = <Answer>(question: Promise<Answer>) => Promise<Answer>;

/**
 * Makes the broker's failures the answers to requests. What a queue refuses now and later is a conflict (409), whose
 * message says why. Any other failure is reported, and answered with 503: the request is not at fault.
 */
export function askWith(report: ReportFault): AskBroker {
  return async (question) => {
    try {
      return await question;
    } catch (cause) {
      if (cause instanceof HttpProblem) throw cause;
      if (cause instanceof QueueRefusedError) throw new HttpProblem(409, cause.message, { cause });
      report(cause);
      throw new HttpProblem(503, "the broker did not answer", { retryAfterSeconds: 1, cause });
    }
  };
}

/** A change that the broker stores. The request is not at fault when it cannot now. */
export async function stored<Result>(change: Promise<Result>): Promise<Result> {
  try {
    return await change;
  } catch (cause) {
    if (!(cause instanceof PublishError)) throw cause;
    throw new HttpProblem(503, "the broker did not store it", { retryAfterSeconds: 1, cause });
  }
}

/** Asks the same about several queues. A queue that refuses is listed with its problem, and hides no other. */
export async function askQueues<Facts extends object>(
  names: readonly string[],
  question: (name: string) => Promise<Facts>,
): Promise<readonly ((Facts & { readonly name: string }) | { readonly name: string; readonly problem: string })[]> {
  return Promise.all(
    names.map(async (name) => {
      try {
        return { name, ...(await question(name)) };
      } catch (error) {
        if (error instanceof QueueRefusedError) return { name, problem: error.message };
        throw error;
      }
    }),
  );
}
