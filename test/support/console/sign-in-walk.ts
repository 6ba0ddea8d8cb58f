import type { TestServer } from "../http/http-target.ts";

/** What a browser does with addresses and cookies, by host and port: pages of one ask as pages do, and it follows links elsewhere. */
export class WalkingBrowser {
  readonly #jars = new Map<string, Map<string, string>>();
  /** Each address that it was led to. */
  readonly visited: string[] = [];

  /** Asks as a page of the console does. */
  async ask(console: Pick<TestServer, "url">, method: string, path: string, body?: object): Promise<Response> {
    const { origin } = new URL(console.url);
    const headers = { origin, "sec-fetch-site": "same-origin", "content-type": "application/json" };
    const url = new URL(path, console.url);
    return this.#fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  }

  /** Opens an address, and goes where it leads until there is a page, or `until` says that this is the one. */
  async open(address: string, until: (url: URL) => boolean = () => false): Promise<{ url: URL; status: number }> {
    let url = new URL(address);
    for (let steps = 0; steps < 20; steps++) {
      this.visited.push(url.href);
      if (until(url)) return { url, status: 0 };
      const answer = await this.#fetch(url, { headers: { "sec-fetch-site": "cross-site" } });
      const location = answer.headers.get("location");
      if (location === null) return { url, status: answer.status };
      url = new URL(location, url);
    }
    throw new Error(`${address} leads on and on: ${this.visited.join(" ")}`);
  }

  /** Sends a form, and goes where that leads. */
  async send(address: URL, form: Readonly<Record<string, string>>, until?: (url: URL) => boolean) {
    const answer = await this.#fetch(address, { method: "POST", body: new URLSearchParams(form) });
    return this.open(new URL(answer.headers.get("location") ?? "", address).href, until);
  }

  /** The cookies that it keeps for a host and port. */
  cookies(url: string): ReadonlyMap<string, string> {
    return this.#jarOf(new URL(url));
  }

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    const jar = this.#jarOf(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { ...init, redirect: "manual", headers: { ...(init.headers as object), cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "" || /expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }

  #jarOf({ host }: URL): Map<string, string> {
    const jar = this.#jars.get(host) ?? new Map<string, string>();
    this.#jars.set(host, jar);
    return jar;
  }
}
