const { NOTIFY_BY } = process.env;
const notifying = NOTIFY_BY === undefined ? "notifying" : `notifying by ${NOTIFY_BY}`;

/**
 * Tells somebody about an order: an ordinary Node.js Lambda handler. An input transformer has made its event, which is
 * one line of text such as "Order o-1 over 120 EUR". A real one would send it on to a chat.
 */
export const handler = async (text) => {
  console.log(`${notifying}: ${text}`);
  return text;
};
