import type { Message } from "../../../src/domain/queue/message.ts";

type Headers = Message["headers"];
type Index = [Headers, ...[string, number, Headers][]];

/**
 * What a message holds, as docs/delivery.md describes a pack: the length of an index in four bytes, the index as JSON,
 * and the bodies one after another. Any other message holds itself.
 *
 * @throws Error when a pack is not whole.
 */
export function heldIn(message: Message): readonly Message[] {
  const count = message.headers["busbar-members"];
  if (count === undefined) return [message];
  const { queue, body } = message;
  let at = 4 + body.readUInt32BE(0);
  const index = JSON.parse(body.subarray(4, at).toString()) as Index;
  const [common, ...entries] = index;
  const members = entries.map(([id, bytes, own]): Message => {
    at += bytes;
    return { queue, id, headers: { ...common, ...own }, body: body.subarray(at - bytes, at) };
  });
  if (members.length !== count || at !== body.length) throw new Error(`pack ${message.id} is not whole`);
  return members;
}
