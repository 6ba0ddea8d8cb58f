import type { DatabaseSync } from "node:sqlite";

/** The statements on queues and their messages. */
export function messageStatements(database: DatabaseSync) {
  const ready = "due_at_ms IS NULL AND holder IS NULL";
  return {
    declare: database.prepare(
      `INSERT INTO queues (name, single_active_consumer, delivery_limit) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
    ),
    queue: database.prepare(`SELECT id, single_active_consumer FROM queues WHERE name = ?`),
    waiting: database.prepare(
      `SELECT sequence FROM messages WHERE queue = ? AND ${ready} UNION ALL
       SELECT sequence FROM messages WHERE queue = ? AND due_at_ms IS NOT NULL LIMIT 1`,
    ),
    held: database.prepare(`SELECT sequence FROM messages WHERE holder IS NOT NULL AND queue = ?`),
    removeQueue: database.prepare(`DELETE FROM queues WHERE id = ?`),
    addMessage: database.prepare(`INSERT INTO messages (queue, due_at_ms, sent_at_ms) VALUES (?, ?, ?)`),
    addContent: database.prepare(`INSERT INTO contents (sequence, id, headers, body) VALUES (?, ?, ?, ?)`),
    ready: database.prepare(
      `SELECT sequence, length(body) AS body_bytes FROM messages JOIN contents USING (sequence)
       WHERE queue = ? AND ${ready} ORDER BY sequence LIMIT ?`,
    ),
    countReady: database.prepare(`SELECT count(*) AS ready FROM messages WHERE queue = ? AND ${ready}`),
    hasReady: database.prepare(`SELECT 1 FROM messages WHERE queue = ? AND ${ready} LIMIT 1`),
    hasReadyGroup: database.prepare(
      `SELECT 1 FROM fifo_groups WHERE queue = ? AND is_ready = 1 AND
         (SELECT holder FROM messages WHERE fifo_group = fifo_groups.id ORDER BY sequence LIMIT 1) IS NULL LIMIT 1`,
    ),
    hold: database.prepare(`UPDATE messages SET holder = ? WHERE sequence = ?`),
    heldBy: database.prepare(`SELECT count(*) AS held FROM messages WHERE holder = ?`),
    giveBack: database.prepare(`UPDATE messages SET holder = NULL WHERE sequence = ?`),
    giveBackOf: database.prepare(
      `UPDATE messages SET holder = NULL
       WHERE sequence IN (SELECT sequence FROM messages WHERE holder = ? ORDER BY sequence LIMIT ?)`,
    ),
    read: database.prepare(
      `SELECT sequence, id, headers, body, crashes FROM messages JOIN contents USING (sequence) WHERE sequence = ?`,
    ),
    removeMessage: database.prepare(`DELETE FROM messages WHERE sequence = ?`),
    removeContent: database.prepare(`DELETE FROM contents WHERE sequence = ?`),
    due: database.prepare(
      `SELECT sequence, due_at_ms, receives, name FROM messages JOIN queues ON queues.id = queue
       WHERE due_at_ms <= ? ORDER BY due_at_ms, sequence LIMIT ?`,
    ),
    release: database.prepare(`UPDATE messages SET due_at_ms = NULL WHERE sequence = ?`),
    setBack: database.prepare(`UPDATE messages SET due_at_ms = due_at_ms - ? WHERE due_at_ms IS NOT NULL`),
    nextDue: database.prepare(`SELECT min(due_at_ms) AS due_at_ms FROM messages WHERE due_at_ms IS NOT NULL`),
    overLimit: database.prepare(
      `SELECT sequence, name FROM messages JOIN queues ON queues.id = queue
       WHERE holder IS NOT NULL AND crashes >= delivery_limit`,
    ),
    // The headers with which RabbitMQ says the same.
    tellOrigin: database.prepare(
      `UPDATE contents SET headers =
         json_set(headers, '$."x-first-death-queue"', ?, '$."x-first-death-reason"', 'delivery_limit')
       WHERE sequence = ?`,
    ),
    park: database.prepare(
      `UPDATE messages SET queue = (SELECT id FROM queues WHERE name = ?), holder = NULL, crashes = 0
       WHERE sequence = ?`,
    ),
    countCrashes: database.prepare(`UPDATE messages SET holder = NULL, crashes = crashes + 1 WHERE holder IS NOT NULL`),
    fillBallast: database.prepare(`INSERT OR IGNORE INTO ballast (id, filler) VALUES (1, zeroblob(?))`),
    dropBallast: database.prepare(`DELETE FROM ballast`),
  };
}
