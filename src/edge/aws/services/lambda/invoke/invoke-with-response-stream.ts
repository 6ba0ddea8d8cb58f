import type { ServerResponse } from "node:http";
import type { TraceContext } from "../../../../../domain/event/trace.ts";
import type { AnswerSink } from "../../../../../ports/functions/functions.ts";
import { goneSignal } from "../../../../http/gone-signal.ts";
import { patientWriter } from "../../../../http/patient-writer.ts";
import { string, structure } from "../../../input/shapes.ts";
import { enumeration } from "../../../input/values.ts";
import { EVENT_STREAM_TYPE, eventFrame } from "../../../protocol/event-stream.ts";
import { PayloadOutput, WrittenOutput } from "../../../protocol/protocol.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { notCalled } from "../errors.ts";
import { LATEST } from "../../../../../domain/target/function-alias.ts";
import { ASKED_FUNCTION, askedArn, foundFunction } from "../found-function.ts";
import { readClientContext } from "./client-context.ts";
import type { InvokeApi } from "./invoke.ts";
import { askedCall, missingVersion, notWaitedFor, PAYLOAD_LIMIT } from "./invoke.ts";
import { answerOfCall, invokedHeaders } from "./invoke-answer.ts";

/** Pieces of a buffered answer: frames are read whole. */
const PIECE_BYTES = 131_072;

/**
 * InvokeWithResponseStream: the function's answer as an event stream, while it is written. An answer that is not streamed comes
 * in pieces too. A failure behind the first piece is in the last event.
 */
export function invokeWithResponseStream(api: InvokeApi): Operation {
  const { identity } = api;
  return operation({
    input: structure("InvokeWithResponseStreamRequest", {
      FunctionName: ASKED_FUNCTION.FunctionName,
      InvocationType: enumeration("RequestResponse", "DryRun"),
      LogType: enumeration("None", "Tail"),
      ClientContext: string(),
      Qualifier: ASKED_FUNCTION.Qualifier,
    }),
    action: "lambda:InvokeFunction",
    bodyLimit: PAYLOAD_LIMIT,
    resource: (asked) => askedArn(identity, asked),
    handle: async ({ InvocationType, LogType, ClientContext, ...named }, call) => {
      const found = foundFunction(api, named, missingVersion);
      const asked = askedCall(found, call);
      if (!api.functionCalls.canWaitFor(found.fn)) throw notWaitedFor(found.fn);
      if (InvocationType === "DryRun") return new PayloadOutput(204, invokedHeaders(asked.trace));
      const clientContext = readClientContext(ClientContext ?? undefined);
      call.endTurn();
      const { response } = call.arrival;
      const stream = new ResponseEvents(response, call.requestId, asked.trace);
      const gone = goneSignal(response);
      const wantsLog = LogType === "Tail";
      const end = await api.functionCalls.call({ ...asked, clientContext, wantsLog, gone, sink: stream });
      if (end.kind === "refused" && !stream.hasBegun) throw notCalled(end.reason);
      if (end.kind === "refused") await stream.complete(STOPPED);
      else {
        const { headers, payload } = answerOfCall(asked, end);
        const isStreamed = stream.hasBegun;
        const isError = headers["X-Amz-Function-Error"] !== undefined;
        if (!isStreamed) await stream.writeAll(payload, headers["X-Amz-Executed-Version"]);
        const log = end.log === undefined ? {} : { LogResult: end.log.toString("base64") };
        const error = isError ? { ErrorCode: "Unhandled", ErrorDetails: payload.toString() } : {};
        await stream.complete({ ...error, ...log });
      }
      return new WrittenOutput();
    },
  });
}

const STOPPED = { ErrorCode: "ServiceException", ErrorDetails: "A router ended with the call in hand." };

/** Writes an answer as events. The header goes out with the first of them: until then an error may be an ordinary one. */
class ResponseEvents implements AnswerSink {
  readonly #response: ServerResponse;
  readonly #write: (piece: Buffer) => Promise<void>;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(response: ServerResponse, requestId: string, trace: TraceContext | undefined) {
    this.#response = response;
    this.#write = patientWriter(response);
    this.#headers = {
      "Content-Type": EVENT_STREAM_TYPE,
      "x-amzn-RequestId": requestId,
      ...invokedHeaders(trace),
    };
  }

  get hasBegun(): boolean {
    return this.#response.headersSent;
  }

  begin(_contentType: string | undefined, executedVersion: string = LATEST): void {
    if (this.#response.destroyed || this.hasBegun) return;
    this.#response.writeHead(200, { ...this.#headers, "X-Amz-Executed-Version": executedVersion });
    this.#response.flushHeaders();
  }

  write(piece: Buffer): Promise<void> {
    return this.#write(eventFrame("PayloadChunk", "application/octet-stream", piece));
  }

  async writeAll(payload: Buffer, executedVersion: string | undefined): Promise<void> {
    this.begin(undefined, executedVersion);
    for (let at = 0; at < payload.length; at += PIECE_BYTES) await this.write(payload.subarray(at, at + PIECE_BYTES));
  }

  async complete(end: object): Promise<void> {
    await this.#write(eventFrame("InvokeComplete", "application/json", Buffer.from(JSON.stringify(end))));
    this.#response.end();
  }
}
