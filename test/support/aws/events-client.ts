import { EventBridgeClient } from "@aws-sdk/client-eventbridge";

/** A client of the EventBridge API of a router without credentials. It tries each request once. */
export function eventsClient(url: string): EventBridgeClient {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return new EventBridgeClient({ endpoint: url, region: "us-east-1", credentials, maxAttempts: 1 });
}
