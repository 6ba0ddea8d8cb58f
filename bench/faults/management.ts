import { setTimeout as sleep } from "node:timers/promises";
import type { RabbitMqServer } from "../../test/support/rabbitmq/rabbitmq.ts";

/** A busy RabbitMQ answers 500 where a call between its processes took too long. What is asked here may be asked again. */
const BUSY_MS_MAX = 30_000;
const ASK_AGAIN_MS = 500;

/** What a person with RabbitMQ's management interface does to one virtual host. */
export class Management {
  readonly #url: string;
  readonly #vhost: string;
  readonly #authorization: string;

  /** @param vhostUrl the AMQP URL of the virtual host, as one who administers the server. */
  constructor({ managementUrl }: RabbitMqServer, vhostUrl: string) {
    const { pathname, username, password } = new URL(vhostUrl);
    this.#url = managementUrl;
    this.#vhost = pathname.slice(1);
    this.#authorization = `Basic ${Buffer.from(`${username || "guest"}:${password || "guest"}`).toString("base64")}`;
  }

  /** Resolves with false when something of that name exists with other arguments. */
  async declareQueue(name: string, type: "classic" | "quorum" | "stream"): Promise<boolean> {
    const body = { durable: true, arguments: { "x-queue-type": type } };
    return (await this.#ask("PUT", `queues/${this.#vhost}/${name}`, [201, 204, 400], body)).status !== 400;
  }

  /** Resolves with its kind; undefined where there is none. */
  async typeOf(queue: string): Promise<string | undefined> {
    const answer = await this.#ask("GET", `queues/${this.#vhost}/${queue}`, [200, 404]);
    return answer.status === 404 ? undefined : ((await answer.json()) as { type: string }).type;
  }

  /** Deletes a queue or stream, which may not be there. */
  async deleteQueue(name: string): Promise<void> {
    await this.#ask("DELETE", `queues/${this.#vhost}/${name}`, [204, 404]);
  }

  async addUser(name: string, password: string): Promise<void> {
    await this.#ask("PUT", `users/${name}`, [201, 204], { password, tags: "" });
  }

  async deleteUser(name: string): Promise<void> {
    await this.#ask("DELETE", `users/${name}`, [204, 404]);
  }

  /** @param configure what the user may make and delete, as a regular expression. It may write and read everything. */
  async allow(user: string, configure: string): Promise<void> {
    const body = { configure, write: ".*", read: ".*" };
    await this.#ask("PUT", `permissions/${this.#vhost}/${user}`, [201, 204], body);
  }

  /** Closes connections by the name that their clients gave them. Resolves with how many there were. */
  async closeConnections(name: string): Promise<number> {
    const answer = await this.#ask("GET", `vhosts/${this.#vhost}/connections`, [200]);
    const all = (await answer.json()) as { name: string; user_provided_name?: string }[];
    const chosen = all.filter((connection) => connection.user_provided_name === name);
    for (const connection of chosen)
      await this.#ask("DELETE", `connections/${encodeURIComponent(connection.name)}`, [204, 404]);
    return chosen.length;
  }

  async #ask(method: string, path: string, expected: readonly number[], body?: object): Promise<Response> {
    const untilMs = performance.now() + BUSY_MS_MAX;
    const ask = (): Promise<Response> =>
      fetch(`${this.#url}/api/${path}`, {
        method,
        headers: { authorization: this.#authorization, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    let response = await ask();
    while (response.status === 500 && performance.now() < untilMs) {
      await response.body?.cancel();
      await sleep(ASK_AGAIN_MS);
      response = await ask();
    }
    if (expected.includes(response.status)) return response;
    throw new Error(`RabbitMQ management: ${method} ${path}: ${response.status} ${await response.text()}`);
  }
}
