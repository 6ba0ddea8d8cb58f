import type { ServerResponse } from "node:http";

/** 202: the router has taken the answer, or the report of a failed start. */
export function replyAccepted(response: ServerResponse): void {
  reply(response, 202, { status: "OK" });
}

/** An error in the Runtime API's form. Environments read the status; the message is for people. */
export function replyRefused(
  response: ServerResponse,
  statusCode: number,
  errorType: string,
  errorMessage: string,
): void {
  reply(response, statusCode, { errorType, errorMessage });
}

/** The same, and closes the connection: what the sender still sends is not read. */
export function refuseAndClose(
  response: ServerResponse,
  statusCode: number,
  errorType: string,
  errorMessage: string,
): void {
  response.shouldKeepAlive = false;
  replyRefused(response, statusCode, errorType, errorMessage);
}

/** An answer of the Runtime API or the Extensions API. */
export function reply(response: ServerResponse, statusCode: number, body: Readonly<Record<string, string>>): void {
  const json = JSON.stringify(body);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(json) };
  response.writeHead(statusCode, headers).end(json);
}
