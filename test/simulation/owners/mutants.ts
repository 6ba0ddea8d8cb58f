import type { Mutant } from "../mutants.ts";

const FIFO = "src/edge/rabbitmq/fifo";

/** Defects of the source that FIFO queues on RabbitMQ could have, each of which the simulation of their owners must find. */
export const OWNER_MUTANTS: Readonly<Record<string, Mutant>> = {
  "deletes without writing it to the log": {
    file: `${FIFO}/owner/removal.ts`,
    from: "await log.append([\n        ...messages",
    to: "await Promise.resolve([\n        ...messages",
  },
  "tells nobody what was received": {
    file: `${FIFO}/owner/owner-work.ts`,
    from: "await leased(leases).catch(() => undefined);",
    to: "",
  },
  "takes over without the leases of the former owner": {
    file: `${FIFO}/owner/queue-reading.ts`,
    from: "lease: (key) => memory.leases.find(key),",
    to: "lease: () => undefined,",
  },
  "takes over before it has read the log and heard the others": {
    file: `${FIFO}/open-fifo.ts`,
    from: "await Promise.all([log.caughtUp(), this.news.caughtUp()]);",
    to: "",
  },
  "takes a duplicate for another message": {
    file: `${FIFO}/owner/queue-reading.ts`,
    from: "if (first !== undefined) return true;",
    to: "",
  },
  "remembers for a minute what was sent": {
    file: "src/domain/queue/fifo.ts",
    from: "export const FIFO_MEMORY_MS = 300_000;",
    to: "export const FIFO_MEMORY_MS = 60_000;",
  },
  "remembers for too long what was sent": {
    file: "src/domain/queue/fifo.ts",
    from: "export const FIFO_MEMORY_MS = 300_000;",
    to: "export const FIFO_MEMORY_MS = 400_000;",
  },
  "hands out what stands behind an invisible message": {
    file: `${FIFO}/book/group-book.ts`,
    from: "if (isFull() || message.visibleAtMs !== undefined) break;",
    to: "if (isFull()) break; if (message.visibleAtMs !== undefined) continue;",
  },
  "takes every receipt for good": {
    file: `${FIFO}/owner/owner-work.ts`,
    from: "return isInvisible && message.receives === receives && message.session === session;",
    to: "return isInvisible;",
  },
  "gives back what is in an answer that was not confirmed": {
    file: `${FIFO}/routers/fifo-session.ts`,
    from: '.some(({ reason }) => reason === "unroutable")',
    to: ".length > 0",
  },
};

/** More of them, which show in one of some hundred seeds. */
export const RARE_OWNER_MUTANTS: Readonly<Record<string, Mutant>> = {
  "gives back what another owner has handed out": {
    file: `${FIFO}/owner/owned-queue.ts`,
    from: "if (message?.receives !== receives || message.session !== session) return;",
    to: "if (message?.receives !== receives) return;",
  },
};

export const ALL_OWNER_MUTANTS: Readonly<Record<string, Mutant>> = { ...OWNER_MUTANTS, ...RARE_OWNER_MUTANTS };
