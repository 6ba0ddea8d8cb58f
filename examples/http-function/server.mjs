/**
 * A function that is no Lambda handler, but any HTTP service: an event is POSTed as JSON, a 2xx answer is success and
 * its JSON body is the response. PORT and HOST come from the environment.
 */
import { createServer } from "node:http";
import { json } from "node:stream/consumers";

const server = createServer(async (request, response) => {
  const answer = (status, body) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  if (request.method !== "POST") return answer(405, { error: "POST an event" });
  try {
    const event = await json(request);
    console.log(`${event["detail-type"]} from ${event.source}`);
    answer(200, { ok: true });
  } catch {
    answer(400, { error: "the body is not JSON" });
  }
});

server.listen(Number(process.env.PORT ?? 8081), process.env.HOST ?? "127.0.0.1", () => {
  console.log(`listening on port ${server.address().port}`);
});
