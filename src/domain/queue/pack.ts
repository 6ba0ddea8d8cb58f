import { HEADER } from "../delivery/headers.ts";
import type { HeaderValue, Message, Received } from "./message.ts";
import { PARKED_QUEUE } from "./queues.ts";

/** The length of the index, in front of it: a 32-bit number, big-endian. */
const LENGTH_BYTES = 4;

/** What a pack holds. Routers came to know packs of deliveries first. */
export type PackKind = "deliveries" | "archived events";

/** The most members that a pack may have: as many as a request of PutEvents has entries. */
export const MEMBERS_MAX = 10;

type Headers = Readonly<Record<string, HeaderValue>>;

/** One member in the index: its id, the length of its body in bytes, the headers that not all members have. */
type Entry = readonly [id: string, bodyBytes: number, headers: Headers];

/** The headers that all members have, then each member. */
type Index = readonly [common: Headers, ...entries: Entry[]];

/**
 * Messages of one queue as one message, a pack: the length of an index, the index as JSON, and the bodies one after
 * another. Its only header says how many members it has.
 *
 * @param id of the pack. Never used again: what a router has settled of a pack is remembered by it.
 */
export function packOf(id: string, queue: string, members: readonly Message[]): Message {
  const common = commonHeaders(members);
  const index: Index = [common, ...members.map((member) => entryOf(member, common))];
  const json = JSON.stringify(index);
  const jsonBytes = Buffer.byteLength(json);
  const body = Buffer.allocUnsafe(
    members.reduce((bytes, member) => bytes + member.body.length, LENGTH_BYTES + jsonBytes),
  );
  body.writeUInt32BE(jsonBytes);
  let at = LENGTH_BYTES + body.write(json, LENGTH_BYTES);
  for (const member of members) at += member.body.copy(body, at);
  return { queue, id, body, headers: { [HEADER.members]: members.length } };
}

/**
 * The members of a pack, in their order, as if each had come by itself. Their bodies share the pack's memory.
 *
 * @returns undefined for any other message, and for a pack that is not whole.
 */
export function membersOf(message: Received): readonly Received[] | undefined {
  if (message.headers[HEADER.members] === undefined) return undefined;
  const { body, queue, crashes } = message;
  if (body.length < LENGTH_BYTES) return undefined;
  let at = LENGTH_BYTES + body.readUInt32BE();
  const index = readIndex(body.subarray(LENGTH_BYTES, at));
  if (index === undefined) return undefined;
  const [common, ...entries] = index;
  const added = queue === PARKED_QUEUE ? parkedHeaders(message) : undefined;
  if (entries.length !== message.headers[HEADER.members]) return undefined;
  const members = entries.map(([id, bodyBytes, own]): Received => {
    const start = at;
    at += bodyBytes;
    return { queue, id, body: body.subarray(start, at), headers: { ...added, ...common, ...own }, crashes };
  });
  return at === body.length ? members : undefined;
}

/** Why a pack is parked, by the broker or by a router that did not know packs. It holds for each member. */
function parkedHeaders({ headers }: Received): Received["headers"] {
  const { [HEADER.members]: _count, ...others } = headers;
  return others;
}

/** A member as a message of its own, to be stored without its pack. */
export function alone({ queue, id, body, headers }: Received): Message {
  return { queue, id, body, headers: headers as Headers };
}

/** How many deliveries a message holds: 1, unless it is a pack. */
export function memberCount({ headers }: Pick<Received, "headers">): number {
  const count = headers[HEADER.members];
  return typeof count === "number" && count >= 1 ? count : 1;
}

/** Most headers are the same for all deliveries of one put: the destination, the rule, the target, the time. */
function commonHeaders([first, ...others]: readonly Message[]): Headers {
  const headers = Object.entries(first?.headers ?? {});
  return Object.fromEntries(headers.filter(([name, value]) => others.every((each) => each.headers[name] === value)));
}

function entryOf({ id, body, headers }: Message, common: Headers): Entry {
  const own = Object.entries(headers).filter(([name]) => !Object.hasOwn(common, name));
  return [id, body.length, Object.fromEntries(own)];
}

function readIndex(json: Buffer): Index | undefined {
  try {
    const index: unknown = JSON.parse(json.toString());
    return isIndex(index) ? index : undefined;
  } catch {
    return undefined;
  }
}

function isIndex(value: unknown): value is Index {
  return Array.isArray(value) && isHeaders(value[0]) && value.slice(1).every(isEntry);
}

function isEntry(value: unknown): value is Entry {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [id, bodyBytes, headers] = value as readonly unknown[];
  if (typeof id !== "string" || !isHeaders(headers)) return false;
  return typeof bodyBytes === "number" && Number.isSafeInteger(bodyBytes) && bodyBytes >= 0;
}

function isHeaders(value: unknown): value is Headers {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => typeof each === "string" || typeof each === "number");
}
