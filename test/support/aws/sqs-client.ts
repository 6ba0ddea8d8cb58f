import { SQSClient } from "@aws-sdk/client-sqs";

/** A client of the SQS API that does not try again. */
export function sqsClient(endpoint: string, credentials = { accessKeyId: "test", secretAccessKey: "test" }): SQSClient {
  return new SQSClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
}
