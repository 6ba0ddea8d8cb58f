/** A row as a driver gives it: texts and numbers. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** One connection, in a transaction or not. Parameters are `$1`, `$2` … in both databases. */
export interface SqlSession {
  rows(text: string, parameters?: readonly (string | number | null)[]): Promise<readonly SqlRow[]>;
}

/** What a transaction comes to. */
export interface SqlOutcome<T> {
  /** Whether it is committed; else it is rolled back. */
  readonly keep: boolean;
  readonly result: T;
}

/** A database in which the store's tables are. */
export interface SqlDatabase {
  readonly dialect: SqlDialect;
  /** One statement that changes nothing. */
  read(text: string, parameters: readonly (string | number)[]): Promise<readonly SqlRow[]>;
  /** One statement by itself that may change something. */
  write(text: string, parameters: readonly (string | number)[]): Promise<readonly SqlRow[]>;
  /** Runs `work` in a transaction; again, when two transactions stood in each other's way. */
  transaction<T>(work: (session: SqlSession) => Promise<SqlOutcome<T>>): Promise<T>;
}

/** What the two databases write differently. */
export interface SqlDialect {
  /** Now, in epoch milliseconds, rounded down. */
  readonly now: string;
  /** The type of a text that sorts by its bytes. */
  readonly key: string;
  /** Keep a row that was read as it is until the transaction ends. */
  readonly forShare: string;
  readonly forUpdateSkipLocked: string;
  /** Where an index is named. */
  readonly index: (name: string, table: string, columns: string) => string;
}

export const SQLITE_DIALECT: SqlDialect = {
  now: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
  key: "TEXT",
  // One transaction at a time has the whole database.
  forShare: "",
  forUpdateSkipLocked: "",
  index: (name, table, columns) => `CREATE INDEX busbar.${name} ON ${table} ${columns}`,
};

export const POSTGRES_DIALECT: SqlDialect = {
  // Not now(), which stands still for as long as a transaction takes.
  now: "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
  // The bytes of UTF-8, as SQLite sorts: other collations differ between systems.
  key: `text COLLATE "C"`,
  forShare: "FOR SHARE",
  forUpdateSkipLocked: "FOR UPDATE SKIP LOCKED",
  index: (name, table, columns) => `CREATE INDEX ${name} ON busbar.${table} ${columns}`,
};
