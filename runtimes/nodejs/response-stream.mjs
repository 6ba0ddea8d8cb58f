/**
 * Streams a handler's answer to the Runtime API, as AWS's Node.js runtime does: handlers that are wrapped in
 * awslambda.streamifyResponse get a stream beside their event (AWS Lambda developer guide, "Response streaming").
 */
import { Writable } from "node:stream";

/** Marks handlers that stream. */
const STREAMS = Symbol.for("busbar.streams");
/** What parts the answer's head, which is JSON, from its body. */
const DELIMITER = Buffer.alloc(8);
const HTTP_INTEGRATION = "application/vnd.awslambda.http-integration-response";
const ERROR_TYPE = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY = "Lambda-Runtime-Function-Error-Body";

/** What handlers find as `awslambda`. */
export const awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [STREAMS]: true }),
  HttpResponseStream: {
    /** A stream whose first bytes are the answer's status, headers and cookies. */
    from: (stream, head) => {
      stream.setContentType(HTTP_INTEGRATION);
      stream.setHead(Buffer.concat([Buffer.from(JSON.stringify(head ?? {})), DELIMITER]));
      return stream;
    },
  },
};

export function doesStream(handler) {
  return handler[STREAMS] === true;
}

/** The answer to one invocation. Its request begins with the first byte, so that a failure before that is an ordinary one. */
export class ResponseStream extends Writable {
  #begin;
  #contentType = "application/octet-stream";
  #head;
  #request;
  /** Resolves when the API has answered, which may be before the end: it refuses what is too long, or too late. */
  #answered;

  /** @param begin opens the request that the answer is the body of, given its headers. */
  constructor(begin) {
    super();
    this.#begin = begin;
  }

  setContentType(contentType) {
    this.#contentType = contentType;
  }

  setHead(head) {
    this.#head = head;
  }

  get hasBegun() {
    return this.#request !== undefined;
  }

  _write(chunk, encoding, done) {
    this.#opened().write(chunk, encoding, done);
  }

  _final(done) {
    this.#opened().end();
    void this.#answered.then(() => done());
  }

  /** Ends an answer that has begun with an error, which goes into its trailers. Resolves when it is out. */
  fail(errorType, body) {
    const request = this.#opened();
    // The API has answered before the end, or is gone: nobody waits for it any more.
    if (request.destroyed || request.writableEnded) return Promise.resolve();
    request.addTrailers({ [ERROR_TYPE]: errorType, [ERROR_BODY]: Buffer.from(body).toString("base64") });
    return new Promise((resolve) => {
      request.once("close", resolve);
      request.end();
      // Whatever the handler still writes has nowhere to go.
      this.destroy();
    });
  }

  #opened() {
    if (this.#request !== undefined) return this.#request;
    this.#request = this.#begin({
      "content-type": this.#contentType,
      "transfer-encoding": "chunked",
      "lambda-runtime-function-response-mode": "streaming",
      trailer: `${ERROR_TYPE}, ${ERROR_BODY}`,
    });
    this.#request.on("error", (error) => this.destroy(error));
    this.#answered = new Promise((resolve) => {
      this.#request.once("response", (response) => response.resume().once("close", resolve));
    });
    if (this.#head !== undefined) this.#request.write(this.#head);
    return this.#request;
  }
}
