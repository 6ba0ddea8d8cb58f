import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";
import { readBody } from "../http/http-target.ts";

export const CLIENT_ID = "busbar-console";
export const CLIENT_SECRET = "the-secret-of-the-console";

/** Everybody who signs in here is in this group. */
export const GROUP = "on-call";

interface IssuerOptions {
  /** The addresses of consoles, below which it sends browsers back. */
  readonly consoles: readonly string[];
  readonly idTokenSeconds?: number;
  readonly refreshTokens?: boolean;
  /** More of what each ID token says. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly port?: number;
}

/** A certified OpenID Connect provider on loopback, which lets in whoever gives a name. It asks for PKCE, and takes each refresh token once. */
export class OidcIssuer {
  readonly url: string;
  readonly #stop: () => Promise<void>;

  private constructor(url: string, stop: () => Promise<void>) {
    this.url = url;
    this.#stop = stop;
  }

  static async start(options: IssuerOptions): Promise<OidcIssuer> {
    const server = createServer();
    server.listen(options.port ?? 0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const provider = await providerAt(url, options);
    const answer = provider.callback();
    server.on("request", (request, response) => {
      if (request.url?.startsWith("/login/") === true) void login(provider, request, response);
      else void answer(request, response);
    });
    return new OidcIssuer(url, async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    });
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}

async function providerAt(url: string, options: IssuerOptions): Promise<Provider> {
  const { consoles, idTokenSeconds = 300, refreshTokens = true, claims = {} } = options;
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  return new Provider(url, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: consoles.map((base) => `${base}sign-in/callback`),
        post_logout_redirect_uris: [...consoles],
        grant_types: ["authorization_code", "refresh_token"],
        id_token_signed_response_alg: "ES256",
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: "ES256", use: "sig", kid: "first" }] },
    cookies: { keys: ["a key of this provider's own cookies"] },
    claims: { openid: ["sub", "groups", ...Object.keys(claims)], email: ["email"], profile: ["name"] },
    conformIdTokenClaims: false,
    findAccount: (_context, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, groups: [GROUP], ...claims }),
    }),
    ttl: {
      IdToken: idTokenSeconds,
      AccessToken: idTokenSeconds,
      Interaction: 600,
      Session: 3_600,
      Grant: 3_600,
      RefreshToken: 3_600,
    },
    issueRefreshToken: () => Promise.resolve(refreshTokens),
    rotateRefreshToken: true,
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: () => true },
      rpInitiatedLogout: { enabled: true },
    },
    interactions: { url: (_context, { uid }) => `/login/${uid}` },
    // Nobody is asked for consent.
    loadExistingGrant: async ({ oidc }) => {
      const { client, session } = oidc;
      const grant = new oidc.provider.Grant({ clientId: client?.clientId ?? "", accountId: session?.accountId ?? "" });
      grant.addOIDCScope("openid profile email offline_access");
      await grant.save();
      return grant;
    },
  });
}

async function login(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "POST") {
    const form = new URLSearchParams(await readBody(request));
    const result = form.has("cancel")
      ? { error: "access_denied", error_description: "<img src=x onerror=alert(1)>" }
      : { login: { accountId: form.get("name") ?? "" } };
    return provider.interactionFinished(request, response, result);
  }
  response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html><html lang="en"><title>Who?</title>
    <form method="post"><label>Name <input name="name" required></label><button>Continue</button></form>
    <form method="post"><button name="cancel" value="1">Cancel</button></form></html>`);
}
