import type { KeyedCall } from "./call-order.ts";
import type { Call } from "./recording-function.ts";
import { RecordingFunction } from "./recording-function.ts";

export interface KeyedFunctionOptions {
  /** How a call ends. Called with how often this event was called before. */
  readonly succeeds?: (call: KeyedCall, before: number) => boolean;
  /** What it answers where it does not succeed: 500 is tried again, 400 is not. */
  readonly failingStatus?: number;
  /** How long a call takes. */
  readonly callMs?: (call: KeyedCall) => number;
}

/** A function whose events have `detail: { key, number }`, and that keeps when each call began and how it ended. */
export class KeyedFunction {
  readonly calls: KeyedCall[];
  readonly recording: RecordingFunction;

  private constructor(calls: KeyedCall[], recording: RecordingFunction) {
    this.calls = calls;
    this.recording = recording;
  }

  static async start(options: KeyedFunctionOptions = {}): Promise<KeyedFunction> {
    const { succeeds = () => true, failingStatus = 500, callMs = () => 5 } = options;
    const calls: KeyedCall[] = [];
    const recording = await RecordingFunction.start(async ({ body }: Call, response) => {
      const { key, number } = (body as { detail: { key: string; number: number } }).detail;
      const before = calls.filter((each) => each.key === key && each.number === number).length;
      const call: KeyedCall = { key, number, startedAtMs: performance.now() };
      calls.push(call);
      await new Promise((resolve) => setTimeout(resolve, callMs(call)));
      const succeeded = succeeds(call, before);
      Object.assign(call, { endedAtMs: performance.now(), succeeded });
      const answer = succeeded ? { done: true } : { errorType: "NotYet", errorMessage: "not yet" };
      response.statusCode = succeeded ? 200 : failingStatus;
      response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
    });
    return new KeyedFunction(calls, recording);
  }

  get url(): string {
    return this.recording.url;
  }

  /** The events that have succeeded, as `KEY NUMBER`. */
  get succeeded(): ReadonlySet<string> {
    return new Set(this.calls.filter((each) => each.succeeded).map(({ key, number }) => `${key} ${number}`));
  }

  stop(): Promise<void> {
    return this.recording.stop();
  }
}
