import type { Behaviour } from "./recording-function.ts";
import { RecordingFunction } from "./recording-function.ts";

/** A record of an `aws:sqs` event. */
export interface SqsRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, object>>;
  readonly md5OfBody: string;
  readonly [other: string]: unknown;
}

export type BatchBehaviour = (records: readonly SqsRecord[], ...rest: Parameters<Behaviour>) => void | Promise<void>;

/** A function over HTTP that a mapping calls with batches, and that keeps them. */
export class BatchFunction {
  readonly #fn: RecordingFunction;

  private constructor(fn: RecordingFunction) {
    this.#fn = fn;
  }

  static async start(behaviour: BatchBehaviour = (_records, _call, response) => void response.end("{}")) {
    return new BatchFunction(
      await RecordingFunction.start((call, response) => behaviour(recordsOf(call.body), call, response)),
    );
  }

  get url(): string {
    return this.#fn.url;
  }

  get batches(): readonly (readonly SqsRecord[])[] {
    return this.#fn.calls.map(({ body }) => recordsOf(body));
  }

  get records(): readonly SqsRecord[] {
    return this.batches.flat();
  }

  get bodies(): readonly string[] {
    return this.records.map(({ body }) => body);
  }

  stop(): Promise<void> {
    return this.#fn.stop();
  }
}

function recordsOf(body: unknown): readonly SqsRecord[] {
  return (body as { Records: readonly SqsRecord[] }).Records;
}
