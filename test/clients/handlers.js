/** Handlers that end in every way that AWS's client has a report for. The event's detail says how. */

exports.plain = async (event) => {
  const { how } = event.detail;
  if (how === "answer") return { how };
  if (how === "throw") throw new TypeError("boom");
  if (how === "long message") throw new Error("m".repeat(100_000));
  if (how === "deep stack") {
    const error = new Error("deep");
    error.stack = `Error: deep\n${"    at call (/var/task/index.js:1:1)\n".repeat(3_000)}`;
    throw error;
  }
  return `${how} is unknown`;
};

const { awslambda } = globalThis;
if (awslambda !== undefined) {
  exports.streaming = awslambda.streamifyResponse(async (event, stream) => {
    const { how } = event.detail;
    if (how === "throw at once") throw new TypeError("boom");
    if (how === "answer") {
      stream.write('{"how":');
      stream.write('"answer"}');
      return stream.end();
    }
    stream.write(how === "throw in half a value" ? '{"orders":[1,2' : "hello ");
    await new Promise((resolve) => setTimeout(resolve, 50));
    throw new TypeError("boom");
  });
}
