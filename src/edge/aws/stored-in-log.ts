import { PublishError } from "../../ports/broker/publisher.ts";
import { commonError } from "./errors.ts";

/** @throws AwsError `ServiceUnavailable` when the broker does not take what all routers must read. */
export async function storedInLog<Result>(change: Promise<Result>): Promise<Result> {
  try {
    return await change;
  } catch (cause) {
    if (!(cause instanceof PublishError)) throw cause;
    throw commonError("ServiceUnavailable", "The broker did not store it.", { retryAfterSeconds: 1, cause });
  }
}
