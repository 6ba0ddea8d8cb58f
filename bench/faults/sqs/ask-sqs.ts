/** How long a caller waits for a router, which may be frozen. */
const ANSWER_MS_MAX = 8_000;

/** What the SQS API answers to a call over its JSON protocol; undefined where it refuses, or does not answer within 8 s. */
export async function askSqs<T = Record<string, unknown>>(
  url: string,
  operation: string,
  input: object,
): Promise<T | undefined> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${operation}` },
      body: JSON.stringify(input),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const body = (await response.json()) as T;
    return response.ok ? body : undefined;
  } catch {
    return undefined;
  }
}
