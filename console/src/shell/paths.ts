/** The path that the console is served under, with a slash at its end. */
export const BASE = new URL(document.baseURI).pathname;

export interface PageLink {
  readonly path: string;
  readonly name: string;
  /** The key that goes there after `g`. */
  readonly key: string;
}

/** The pages of the rail, in its order. */
export const PAGES: readonly PageLink[] = [
  { path: "", name: "Overview", key: "o" },
  { path: "live", name: "Live", key: "l" },
  { path: "events", name: "Events", key: "e" },
  { path: "send", name: "Send an event", key: "s" },
  { path: "test", name: "Test a function", key: "f" },
  { path: "dead-letters", name: "Dead letters", key: "d" },
  { path: "destinations", name: "Destinations", key: "t" },
  { path: "connections", name: "Connections", key: "n" },
  { path: "queues", name: "Queues", key: "q" },
  { path: "mappings", name: "Mappings", key: "m" },
  { path: "rules", name: "Rules", key: "r" },
  { path: "schedules", name: "Schedules", key: "h" },
  { path: "archives", name: "Archives", key: "i" },
  { path: "replays", name: "Replays", key: "y" },
  { path: "sandbox", name: "Sandbox", key: "x" },
  { path: "configuration", name: "Configuration", key: "c" },
  { path: "routers", name: "Routers", key: "u" },
  { path: "audit", name: "Audit", key: "a" },
];

/** The whole path of a page of the console. */
export function pathTo(path: string): string {
  return `${BASE}${path}`;
}

export const eventPath = (id: string): string => pathTo(`events/${encodeURIComponent(id)}`);
export const jobPath = (id: string): string => pathTo(`dead-letters?job=${encodeURIComponent(id)}`);
export const deliveryPath = (id: string): string => pathTo(`deliveries/${encodeURIComponent(id)}`);
