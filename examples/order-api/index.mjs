/**
 * Answers questions about orders over HTTP: an ordinary Node.js Lambda handler behind an HTTP API, with payload 2.0. A real
 * one would ask a database.
 */
export const handler = async ({ routeKey, pathParameters, requestContext, body }) => {
  const { id } = pathParameters ?? {};
  console.log(`${requestContext.http.method} of order ${id}`);
  if (routeKey === "POST /orders/{id}") {
    const { total } = JSON.parse(body ?? "{}");
    if (typeof total !== "number") return { statusCode: 400, body: "An order has a total.\n" };
    return { statusCode: 201, headers: { location: `/orders/${id}` }, body: `order ${id} over ${total} EUR\n` };
  }
  // Without a statusCode, all of it is the body, as JSON.
  return { orderId: id, status: "OPEN" };
};
