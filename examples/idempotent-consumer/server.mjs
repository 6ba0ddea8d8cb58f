/**
 * A function that acts once for each delivery, however often it is called: it books credits in a ledger. What it did
 * and that it did it are stored in one transaction, so a crash leaves both or neither. Node.js 24, no packages; PORT,
 * HOST and DATABASE come from the environment.
 *
 *     curl http://127.0.0.1:8082/     {"balances":{"ada":500},"keys":1,"repetitions":0}
 */
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { json } from "node:stream/consumers";

const database = new DatabaseSync(process.env.DATABASE ?? "ledger.sqlite");
database.exec(`
  CREATE TABLE IF NOT EXISTS handled (key TEXT PRIMARY KEY, calls INTEGER NOT NULL DEFAULT 1, at TEXT DEFAULT CURRENT_TIMESTAMP);
  CREATE TABLE IF NOT EXISTS balances (customer TEXT PRIMARY KEY, cents INTEGER NOT NULL);
`);

const countCall = database.prepare(`
  INSERT INTO handled (key) VALUES (?) ON CONFLICT (key) DO UPDATE SET calls = calls + 1 RETURNING calls`);
const addCredit = database.prepare(`
  INSERT INTO balances (customer, cents) VALUES (?, ?) ON CONFLICT (customer) DO UPDATE SET cents = cents + excluded.cents`);

/** Books a credit, unless that was done under this key before. */
function bookOnce(key, { customer, cents }) {
  // Immediate: an attempt that is still at it has the ledger, and the next one waits until that is done.
  database.exec("BEGIN IMMEDIATE");
  try {
    const { calls } = countCall.get(key);
    if (calls === 1) addCredit.run(customer, cents);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

function ledger() {
  const balances = database.prepare("SELECT customer, cents FROM balances").all();
  const handled = database.prepare("SELECT count(*) AS keys, coalesce(sum(calls - 1), 0) AS repetitions FROM handled");
  return { balances: Object.fromEntries(balances.map(({ customer, cents }) => [customer, cents])), ...handled.get() };
}

const server = createServer(async (request, response) => {
  const answer = (status, body) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  if (request.method === "GET") return answer(200, ledger());
  try {
    const { detail } = await json(request);
    // The producer's own key knows a put that was repeated too; without one, each put is an event of its own.
    const key = detail.idempotencyKey ?? request.headers["busbar-delivery-id"];
    bookOnce(key, detail);
    // A repetition gets the same answer: it may be the one that the router sees.
    answer(200, { ok: true });
  } catch (error) {
    // Nothing was stored, so the next attempt may do it all.
    answer(500, { error: String(error) });
  }
});

server.listen(Number(process.env.PORT ?? 8082), process.env.HOST ?? "127.0.0.1", () => {
  console.log(`listening on port ${server.address().port}`);
});
