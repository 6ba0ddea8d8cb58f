import { setImmediate } from "node:timers/promises";
import type { Identity } from "../../../domain/arn.ts";
import { connectionNameOf } from "../../../domain/arn.ts";
import type { Config } from "../../../domain/config.ts";
import type { ApiDestinationInForce, ConnectionInForce, MadeConnection } from "../../../domain/made/connection.ts";
import {
  API_DESTINATION_KIND,
  CONNECTION_KIND,
  connectionSecretName,
  readMadeApiDestination,
  readMadeConnection,
  usedConnection,
} from "../../../domain/made/connection.ts";
import type { ApiDestination } from "../../../domain/target/function.ts";
import { isJsonObject, parseJson } from "../../../json/json.ts";
import type { ChangedEntity } from "../../../ports/made.ts";
import type { Entity } from "../../../ports/store/entities.ts";
import type { Sealing } from "../../../ports/store/sealing.ts";
import { SECRET_KIND, SealingError } from "../../../ports/store/sealing.ts";
import type { ShownEntry } from "../../document/config-document.ts";
import { apiDestinationSchema, toApiDestination } from "../../kinds/api-destination.ts";
import { connection as connectionSchema, toAuth } from "../../kinds/parts/connection.ts";
import { rawConnection, rawDestination, shownDestination } from "../entry/destination-entry.ts";

/** The kinds of entities that API destinations are made of. */
export const DESTINATION_KINDS: ReadonlySet<string> = new Set([CONNECTION_KIND, API_DESTINATION_KIND, SECRET_KIND]);

/** One takes up to two tenths of a millisecond: other work goes on between these. */
const COMPILED_A_TURN = 25;

/** Connections and API destinations of the store, as they are in force, by name. */
export interface MadeDestinationsInForce {
  readonly connections: ReadonlyMap<string, ConnectionInForce>;
  readonly destinations: ReadonlyMap<string, ApiDestinationInForce>;
  /** What is called. */
  readonly configs: ReadonlyMap<string, ApiDestination>;
  /** What is shown: the same entry as long as it says the same. */
  readonly entries: ReadonlyMap<string, ShownEntry>;
  /** What is not in force, and why. */
  readonly leftOut: ReadonlyMap<string, string>;
}

/** Where there is nothing of the store. */
export const NO_DESTINATIONS: MadeDestinationsInForce = {
  connections: new Map(),
  destinations: new Map(),
  configs: new Map(),
  entries: new Map(),
  leftOut: new Map(),
};

/** What calls have of a connection. */
type CallParts = Pick<ApiDestination, "auth" | "parameters">;

/** What was made of entities of some revisions. */
interface Compiled<Result> {
  readonly revisions: string;
  readonly result: Result | undefined;
}

interface CompiledDestination {
  readonly made: ApiDestinationInForce;
  readonly config: ApiDestination;
  readonly entry: ShownEntry;
}

/** Makes API destinations of what the store has of them, of connections and of secrets: each anew only when it has changed. */
export class MadeDestinations {
  readonly #identity: Identity;
  readonly #openSecret: Sealing["open"];
  readonly #entities = new Map<string, Map<string, Entity>>();
  readonly #connections = new Map<string, Compiled<ConnectionInForce & CallParts>>();
  readonly #destinations = new Map<string, Compiled<CompiledDestination>>();

  constructor(identity: Identity, openSecret: Sealing["open"]) {
    this.#identity = identity;
    this.#openSecret = openSecret;
  }

  change({ kind, name, entity }: ChangedEntity): void {
    if (!DESTINATION_KINDS.has(kind)) return;
    const ofKind = this.#entities.get(kind) ?? new Map<string, Entity>();
    this.#entities.set(kind, ofKind);
    if (entity === undefined) ofKind.delete(name);
    else ofKind.set(name, entity);
  }

  /** What is in force beside the configuration of some files: one of a file's name is left out. */
  async inForce({ apiDestinations }: Config): Promise<MadeDestinationsInForce> {
    const leftOut = new Map<string, string>();
    const connections = new Map<string, ConnectionInForce & CallParts>();
    for await (const [name, one] of this.#compiled(CONNECTION_KIND, this.#connections, (entity) =>
      this.#connectionOf(entity),
    )) {
      if (one === undefined) leftOut.set(`connection ${name}`, "it cannot be read");
      else connections.set(name, one);
    }
    const destinations = new Map<string, ApiDestinationInForce>();
    const configs = new Map<string, ApiDestination>();
    const entries = new Map<string, ShownEntry>();
    const destinationOf = (entity: Entity) => this.#destinationOf(entity, connections);
    for await (const [name, one] of this.#compiled(API_DESTINATION_KIND, this.#destinations, destinationOf)) {
      if (one === undefined) leftOut.set(`API destination ${name}`, "it cannot be read");
      else if (apiDestinations.has(name)) leftOut.set(`API destination ${name}`, "a file has one of that name");
      else {
        destinations.set(name, one.made);
        configs.set(name, one.config);
        entries.set(name, one.entry);
      }
    }
    return { connections, destinations, configs, entries, leftOut };
  }

  /** Goes through the entities of a kind, with what is known of those that have not changed. */
  async *#compiled<Result>(
    kind: string,
    known: Map<string, Compiled<Result>>,
    compile: (entity: Entity) => readonly [revisions: string, make: () => Result | undefined],
  ): AsyncGenerator<readonly [name: string, result: Result | undefined]> {
    const entities = this.#entities.get(kind) ?? new Map<string, Entity>();
    for (const name of known.keys()) if (!entities.has(name)) known.delete(name);
    let made = 0;
    for (const [name, entity] of entities) {
      const [revisions, make] = compile(entity);
      let one = known.get(name);
      if (one?.revisions !== revisions) {
        if (++made % COMPILED_A_TURN === 0) await setImmediate();
        one = { revisions, result: make() };
        known.set(name, one);
      }
      yield [name, one.result];
    }
  }

  #connectionOf(entity: Entity) {
    const { name, value, revision, createdAtMs, changedAtMs } = entity;
    const made = readMadeConnection(value);
    const secret = made && this.#entities.get(SECRET_KIND)?.get(connectionSecretName(made.id));
    const make = () =>
      made && { ...made, revision, createdAtMs, changedAtMs, ...this.#callPartsOf(name, made, secret) };
    return [`${revision} ${secret?.revision}`, make] as const;
  }

  #callPartsOf(name: string, { state, authorizationType }: MadeConnection, secret: Entity | undefined): CallParts {
    if (state === "DEAUTHORIZED") return unusable(name, "is DEAUTHORIZED: update it with new parameters");
    if (secret === undefined) return unusable(name, "has no secret");
    try {
      const parameters = parseJson(this.#openSecret(secret.value, secret));
      const raw = isJsonObject(parameters) ? rawConnection(authorizationType, parameters) : undefined;
      const { data } = connectionSchema.safeParse(raw);
      if (data === undefined) return unusable(name, "cannot be read");
      const { invocationHttpParameters: added } = data;
      return { auth: toAuth(data), ...(added === undefined ? {} : { parameters: added }) };
    } catch (error) {
      if (error instanceof SealingError) return unusable(name, `cannot be used: ${error.message}`);
      throw error;
    }
  }

  #destinationOf(entity: Entity, connections: ReadonlyMap<string, ConnectionInForce & CallParts>) {
    const { name, value, revision, createdAtMs, changedAtMs } = entity;
    const made = readMadeApiDestination(value);
    const used = made && usedConnection(this.#identity, made, connections);
    const make = (): CompiledDestination | undefined => {
      const { data } = apiDestinationSchema.safeParse(made && rawDestination(made, undefined));
      if (made === undefined || data === undefined) return undefined;
      const named = connectionNameOf(this.#identity, made.connectionArn)?.name ?? made.connectionArn;
      const { auth, parameters } = used?.connection ?? unusable(named, "does not exist");
      const call = { auth, ...(parameters === undefined ? {} : { parameters }) };
      const raw = shownDestination(name, made, used?.connection);
      return {
        made: { ...made, createdAtMs, changedAtMs },
        config: { ...toApiDestination(name, data), ...call },
        entry: { section: "apiDestinations", name, raw, holdsNoSecrets: true },
      };
    };
    const ofConnection = used && this.#connections.get(used.name)?.revisions;
    return [`${revision} ${ofConnection ?? "none"}`, make] as const;
  }
}

function unusable(name: string, what: string): CallParts {
  return { auth: { kind: "unusable", reason: `connection ${name} ${what}` } };
}
