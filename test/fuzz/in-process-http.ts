import type { RequestListener } from "node:http";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { Writable } from "node:stream";

export interface FuzzedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface FuzzedAnswer {
  readonly status: number;
  readonly body: string;
}

/** Gives a listener a request as Node.js would, without a network between, and resolves with its answer. */
export async function answerTo(listener: RequestListener, request: FuzzedRequest): Promise<FuzzedAnswer> {
  const incoming = new IncomingMessage(new Socket());
  incoming.method = request.method;
  incoming.url = request.url;
  incoming.headers = { ...request.headers };
  incoming.push(request.body);
  incoming.push(null);
  const written: Buffer[] = [];
  const wire = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  const response = new ServerResponse(incoming);
  response.assignSocket(wire as unknown as Socket);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  response.once("finish", () => resolve(undefined));
  listener(incoming, response);
  await promise;
  const text = Buffer.concat(written).toString("latin1");
  response.emit("close");
  return { status: response.statusCode, body: text.slice(text.indexOf("\r\n\r\n") + 4) };
}
