import { SchedulerClient } from "@aws-sdk/client-scheduler";

/** A client of the EventBridge Scheduler API of a router. It tries each request once. */
export function schedulerClient(
  url: string,
  credentials = { accessKeyId: "test", secretAccessKey: "test" },
): SchedulerClient {
  return new SchedulerClient({ endpoint: url, region: "us-east-1", credentials, maxAttempts: 1 });
}
