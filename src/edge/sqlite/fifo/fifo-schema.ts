/**
 * The number 1 while a group's oldest message is visible: then it may be received. A group whose number changes goes to
 * the end of the line; one without messages is forgotten.
 */
function refresh(group: string): string {
  return `
    UPDATE fifo_groups SET is_ready = 1 - is_ready, place = (SELECT max(place) + 1 FROM fifo_groups)
    WHERE id = ${group} AND is_ready <> coalesce(
      (SELECT due_at_ms IS NULL FROM messages WHERE fifo_group = ${group} ORDER BY sequence LIMIT 1), 0);
    DELETE FROM fifo_groups
    WHERE id = ${group} AND NOT EXISTS (SELECT 1 FROM messages WHERE fifo_group = ${group});`;
}

/**
 * What FIFO queues need besides their messages, whose column `fifo_group` says the group. Triggers keep the groups right,
 * whoever changes a message: a receive, its time-out, a delete, a browse, an older router on the same folder.
 */
export const FIFO_TABLES = `
  CREATE TABLE IF NOT EXISTS fifo_groups (
    id INTEGER PRIMARY KEY,
    queue INTEGER NOT NULL,
    name TEXT NOT NULL,
    place INTEGER NOT NULL,
    is_ready INTEGER NOT NULL DEFAULT 0,
    UNIQUE (queue, name)
  );
  CREATE INDEX IF NOT EXISTS fifo_groups_ready ON fifo_groups (queue, place) WHERE is_ready = 1;
  CREATE INDEX IF NOT EXISTS fifo_groups_line ON fifo_groups (place);
  CREATE TABLE IF NOT EXISTS fifo_sent (
    queue INTEGER NOT NULL,
    key TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (queue, key)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS fifo_sent_until ON fifo_sent (until_ms);
  CREATE TABLE IF NOT EXISTS fifo_attempts (
    queue INTEGER NOT NULL,
    attempt TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    received TEXT NOT NULL,
    PRIMARY KEY (queue, attempt)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS fifo_attempts_until ON fifo_attempts (until_ms);
  CREATE INDEX IF NOT EXISTS messages_by_group ON messages (fifo_group, sequence) WHERE fifo_group IS NOT NULL;
  CREATE TRIGGER IF NOT EXISTS fifo_message_added AFTER INSERT ON messages WHEN NEW.fifo_group IS NOT NULL
    BEGIN ${refresh("NEW.fifo_group")} END;
  CREATE TRIGGER IF NOT EXISTS fifo_message_removed AFTER DELETE ON messages WHEN OLD.fifo_group IS NOT NULL
    BEGIN ${refresh("OLD.fifo_group")} END;
  CREATE TRIGGER IF NOT EXISTS fifo_message_changed AFTER UPDATE OF due_at_ms ON messages
    WHEN NEW.fifo_group IS NOT NULL
    BEGIN ${refresh("NEW.fifo_group")} END;
  CREATE TRIGGER IF NOT EXISTS fifo_message_moved AFTER UPDATE OF fifo_group ON messages
    WHEN OLD.fifo_group IS NOT NEW.fifo_group
    BEGIN ${refresh("OLD.fifo_group")} ${refresh("NEW.fifo_group")} END;
`;
