import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** What travels together. */
export const PACK: readonly Mutation[] = [
  ...inFile("src/domain/queue/pack.ts", [
    ["return at === body.length ? members : undefined;", "return members;", "a pack that is not whole is parked"],
    ["{ ...added, ...common", "{ ...common", "a parked pack says why it is parked"],
    ["...own }, crashes };", "...own }, crashes: 0 };", "a member may have killed the router that held its pack"],
    [
      "  if (entries.length !== message.headers[HEADER.members]) return undefined;\n",
      "",
      "a pack that lacks members is parked",
    ],
  ]),
  ...inFile("src/domain/queue/configured-queues.ts", [
    ["&& concurrency > 1 ", "&& concurrency > 0 ", "where one call is made at a time, the order stays"],
    [" && orderBy === undefined", "", "a function that keeps an order gets its deliveries one by one"],
    ['run.kind === "http" || run.kind === "process"', "true", "a poll takes one delivery"],
  ]),
  ...inFile("src/flow/pack/gather.ts", [
    ["this.#members.length >= MEMBERS_MAX || ", "", "a pack has ten members at most"],
    [" || bytes > BYTES_MAX", "", "a pack has 64 KiB of bodies at most"],
    ["if (mayPack(message.queue)) open.set", "open.set", "a user's queue gets single messages"],
  ]),
  ...inFile("src/flow/pack/unpacking.ts", [
    ["    await allOf(handlings);\n", "", "a pack is acked when its last member is settled"],
    ["        if (!begins && lost.aborted) break;\n", "", "no member begins of a pack that is lost"],
    [
      "        handling.catch(() => known.delete(place));\n",
      "        handling.catch(() => undefined);\n",
      "a member that failed is handled when its pack comes again",
    ],
    ["!isStopping() && ", "", "a consumer that stops begins no more members"],
    ["    if (error === lost.reason) throw error;\n", "", "a lost member is not stored twice"],
    ["    waiting.end();\n", "", "the bytes of a lost pack are given back"],
    ["WAIT_MS_MAX = 120_000", "WAIT_MS_MAX = 1_200_000", "RabbitMQ does not take a pack back"],
    ["      waiting.began(member);\n", "", "bytes are counted once"],
    ["begin({ ...member, crashes }, ", "begin(member, ", "a lost connection makes no suspects of what waited"],
    [
      "  if (!begins) return await storeAlone(message, options);\n",
      "  if (!begins) throw lost.reason;\n",
      "a stop makes no suspect of a single message that waits",
    ],
  ]),
  ...inFile("src/flow/pack/known-packs.ts", [
    ["    this.#packs.set(id, pack);\n", "", "a lost connection repeats no call"],
    ["this.#packs.size > PACKS_MAX", "false", "a router remembers a limited number of packs"],
  ]),
  ...inFile("src/flow/pack/pack-consumer.ts", [
    ['    if (this.#wanted === "paused") await next.pause();\n', "", "a pause holds for the next consumer"],
    ['    if (this.#wanted === "stopped") await next.stop();\n', "", "a stop holds for the next consumer"],
    ["Math.max(2, ", "Math.max(1, ", "the calls of one pack follow those of another"],
    [
      "      this.#membersEach = (2 * this.#options.limit) / this.#held;\n",
      "",
      "a refused consumer is not asked for with each message",
    ],
    ["    this.#slots.dismiss();\n", "", "a stop does not wait for a whole pack"],
    ["      await former?.stop();\n", "", "the former consumer ends"],
  ]),
  ...inFile("src/flow/pack/packing-broker.ts", [
    [
      "await storeUntilConfirmed(this.#storing(messages), { broker: this.#broker, sleep: this.#options.sleep });",
      "await this.#broker.publish(messages);",
      "a stop makes no suspects while RabbitMQ does not store",
    ],
    ["|| (options?.delayMs ?? 0) > 0", "", "what is delayed travels alone"],
    [
      "(parcels[parcel]?.indexes ?? []).map",
      "(parcels[parcel]?.indexes ?? []).slice(0, 1).map",
      "a put whose pack is refused is refused",
    ],
    ["      await taken.ack();\n", "", "a pack that was taken apart is gone"],
    [".slice(0, limit)", "", "no more is shown than was asked for"],
    ["        await taken.giveBack();\n", "", "a pack that could not be taken apart stays"],
    [
      "await this.#store(members.map(alone));",
      "await this.#broker.publish(members.map(alone));",
      "no member of a pack that is taken apart is stored twice",
    ],
    [
      "(messages) => this.#storeForAWhile(messages)",
      "(messages) => this.#broker.publish(messages)",
      "no member that a redrive leaves is stored twice",
    ],
    ["    if (unconfirmed.length === 0) return;\n", "    return;\n", "what is not stored stays in its pack"],
  ]),
  ...inFile("src/flow/pack/pack-browsing.ts", [
    [
      "if (left.size === members.length || left.size === 0) continue;",
      "continue;",
      "what a redrive took out of a pack is not met again",
    ],
    ["        await browsing.end();\n", "", "a pack goes back of which something could not be stored"],
    ["  if (left.size === 0) await pack.remove();\n", "", "a pack goes with its last member"],
  ]),
  ...inFile("src/flow/pack/pack-routers.ts", [
    ["return knowing > 0 && knowing >= all;", "return knowing > 0;", "an old router never meets a pack"],
    ["counted && before;", "counted;", "an old router that connects again never meets a pack"],
    [".catch(() => false)", ".catch(() => true)", "what cannot be counted is not taken for all"],
  ]),
];
