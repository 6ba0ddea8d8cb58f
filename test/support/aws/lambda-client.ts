import { LambdaClient } from "@aws-sdk/client-lambda";

/** A client of the Lambda API that does not try again. */
export function lambdaClient(endpoint: string): LambdaClient {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return new LambdaClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
}
