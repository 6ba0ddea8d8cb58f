/** A segment of another version is deleted, and indexed again from the journal. */
export const SEGMENT_VERSION = 9;

/*
 * An id is looked up by its last six bytes, or characters: half the room of an index of whole ids, and only there.
 * `names` holds every text that comes again: names, and an origin or a set of rules as JSON.
 *
 * Rows of `events` and `deliveries` are made when an id is first met, by whichever record: `at` is null until the event's
 * own record has come. `attention` is 1 while a delivery of the event's rules is not known, in this segment, to have
 * arrived, and 2 for an event that no rule matched. `attempts.destination` is set for failures only, for their indexes,
 * and not for what is `aside`, a test or a call whose caller waited: those are in no list of failures; an attempt's other times are kept as what they are before or after `at`.
 */
export const SEGMENT_SCHEMA = `
  CREATE TABLE about (position INTEGER, attempts INTEGER NOT NULL, unreadable INTEGER NOT NULL, lost_at INTEGER);
  INSERT INTO about VALUES (NULL, 0, 0, NULL);
  CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE rule_set_members (
    rule INTEGER NOT NULL, rule_set INTEGER NOT NULL, PRIMARY KEY (rule, rule_set)
  ) WITHOUT ROWID;

  CREATE TABLE events (
    seq INTEGER PRIMARY KEY, id NOT NULL, at INTEGER, bus INTEGER, source INTEGER, type INTEGER, bytes INTEGER,
    rules INTEGER, router INTEGER, principal INTEGER, attention INTEGER,
    rule_count INTEGER, published_count INTEGER, letter_count INTEGER, traceparent TEXT
  );
  CREATE INDEX events_id ON events (substr(id, -6));
  CREATE INDEX events_at ON events (at) WHERE at IS NOT NULL;
  CREATE INDEX events_attention ON events (attention, at) WHERE attention IS NOT NULL;

  CREATE TABLE deliveries (
    seq INTEGER PRIMARY KEY, id NOT NULL, event INTEGER, origin INTEGER, destination INTEGER, is_queue INTEGER
  );
  CREATE INDEX deliveries_id ON deliveries (substr(id, -6));
  CREATE INDEX deliveries_event ON deliveries (event) WHERE event IS NOT NULL;

  CREATE TABLE attempts (
    delivery INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, number INTEGER NOT NULL, router INTEGER NOT NULL,
    first_before INTEGER NOT NULL, started_before INTEGER NOT NULL, call_us INTEGER NOT NULL, is_uncalled INTEGER,
    verdict INTEGER NOT NULL, next_after INTEGER, status INTEGER, destination INTEGER, reason INTEGER, message, aside INTEGER,
    version INTEGER,
    PRIMARY KEY (delivery, seq)
  ) WITHOUT ROWID;
  CREATE INDEX attempts_at ON attempts (at, seq);
  CREATE INDEX attempts_failed ON attempts (at, seq) WHERE destination IS NOT NULL;
  CREATE INDEX attempts_failed_of ON attempts (destination, at, seq) WHERE destination IS NOT NULL;

  CREATE TABLE letters (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, delivery INTEGER NOT NULL, queue INTEGER NOT NULL,
    reason INTEGER NOT NULL, router INTEGER NOT NULL, cause INTEGER NOT NULL
  );
  CREATE INDEX letters_at ON letters (at);
  CREATE INDEX letters_delivery ON letters (delivery);
  CREATE TABLE records (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, delivery INTEGER NOT NULL, condition INTEGER NOT NULL,
    destination INTEGER NOT NULL, id NOT NULL
  );
  CREATE INDEX records_delivery ON records (delivery);
  CREATE INDEX records_id ON records (substr(id, -6));
  CREATE TABLE marks (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, delivery INTEGER NOT NULL, kind INTEGER NOT NULL,
    place INTEGER NOT NULL, reason INTEGER, router INTEGER NOT NULL
  );
  CREATE INDEX marks_delivery ON marks (delivery);
  CREATE TABLE redriven (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, delivery INTEGER NOT NULL, queue INTEGER NOT NULL,
    redrive_to INTEGER NOT NULL, router INTEGER NOT NULL, job INTEGER
  );
  CREATE INDEX redriven_delivery ON redriven (delivery);

  CREATE TABLE happenings (
    seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, at INTEGER NOT NULL, router INTEGER NOT NULL, subject INTEGER,
    facts TEXT NOT NULL
  );
  CREATE INDEX happenings_at ON happenings (kind, at);

  CREATE TABLE configurations (
    digest INTEGER PRIMARY KEY, rules INTEGER NOT NULL, destinations INTEGER NOT NULL, bytes INTEGER NOT NULL, document BLOB
  );
  CREATE TABLE in_force (
    router INTEGER NOT NULL, since INTEGER NOT NULL, digest INTEGER NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (router, since, digest)
  ) WITHOUT ROWID;

  CREATE TABLE steps (
    at INTEGER PRIMARY KEY, accepted INTEGER NOT NULL, unmatched INTEGER NOT NULL, delivered INTEGER NOT NULL,
    failed INTEGER NOT NULL, letters INTEGER NOT NULL
  );

  CREATE TABLE rule_steps (
    at INTEGER NOT NULL, rules INTEGER NOT NULL, matched INTEGER NOT NULL, PRIMARY KEY (at, rules)
  ) WITHOUT ROWID;
  CREATE TABLE target_steps (
    at INTEGER NOT NULL, origin INTEGER NOT NULL, destination INTEGER NOT NULL, delivered INTEGER NOT NULL,
    failed INTEGER NOT NULL, PRIMARY KEY (at, origin, destination)
  ) WITHOUT ROWID;

  CREATE TABLE event_fields (
    field INTEGER NOT NULL, value TEXT NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (field, value, event)
  ) WITHOUT ROWID;
  CREATE TABLE event_bodies (event INTEGER PRIMARY KEY, body BLOB NOT NULL);
  CREATE TABLE delivery_bodies (delivery INTEGER PRIMARY KEY, body BLOB NOT NULL);
  CREATE TABLE answers (attempt INTEGER PRIMARY KEY, answer BLOB NOT NULL);
  PRAGMA user_version = ${SEGMENT_VERSION};
`;

/** The summary's counts are kept for steps of so many milliseconds. */
export const SUMMARY_STEP_MS = 10_000;
