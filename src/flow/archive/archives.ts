import { archiveStream } from "../../domain/archive/archive.ts";
import type { Config } from "../../domain/config.ts";
import { declarationOf } from "../../domain/queue/queues.ts";
import type { ArchiveContents, ArchiveSize } from "../../ports/archives.ts";
import type { ArchiveStreams } from "../../ports/broker/archive.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import { ArchiveReading } from "./archive-reading.ts";
import { KnownStreams } from "./known-streams.ts";
import type { KnownStreamsOptions } from "./known-streams.ts";
import { pastStreams } from "./past-streams.ts";

/** How often each router looks for streams that are past. */
const TIDY_MS = 60_000;
/** How long a router may go on with a former configuration: until then it may store in what was deleted. */
const NEWS_MS = 30_000;
/** How long a size is good. It comes from two readings of the broker's. */
const SIZE_MS = 5_000;

const NOTHING: ArchiveSize = { events: 0, bytes: 0 };

export interface ArchivesOptions extends KnownStreamsOptions {
  readonly broker: Pick<Publisher, "declare"> & { readonly archives: ArchiveStreams };
  readonly config: () => Config;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** The streams of all archives: makes those of the configuration, knows the former ones, and deletes what is past. */
export class Archives implements ArchiveContents {
  readonly reader: ArchiveReading;
  readonly #options: ArchivesOptions;
  readonly #known: KnownStreams;
  readonly #sizes = new Map<string, { readonly untilMs: number; readonly size: Promise<ArchiveSize> }>();
  readonly #stopping = new AbortController();
  #tidying: Promise<void> = Promise.resolve();
  #following: Promise<void> = Promise.resolve();

  /** Made before the control log is read. */
  constructor(options: ArchivesOptions) {
    const { broker, config, nowMs } = options;
    this.#options = options;
    this.#known = new KnownStreams(options);
    this.#known.whenCaughtUp(() => this.follow());
    this.reader = new ArchiveReading({ streams: broker.archives, known: this.#known, config, nowMs });
  }

  start(): void {
    this.#tidying = this.#tidyAgainAndAgain();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#tidying, this.#following]);
  }

  /** Makes the streams of the configuration in force, and notes those that are new. */
  follow(): void {
    this.#following = this.#following.then(() => this.#make()).catch((error: unknown) => this.#options.onError(error));
  }

  size(archive: string): Promise<ArchiveSize> {
    const { nowMs, onError } = this.#options;
    const known = this.#sizes.get(archive);
    if (known !== undefined && known.untilMs > nowMs()) return known.size;
    const size = this.reader.extent(archive).then(
      (extent) => extent ?? NOTHING,
      (error: unknown) => {
        onError(error);
        return NOTHING;
      },
    );
    this.#sizes.set(archive, { untilMs: nowMs() + SIZE_MS, size });
    return size;
  }

  async remove(archive: string): Promise<void> {
    const streams = this.#known.of(archive);
    this.#sizes.delete(archive);
    if (streams.length === 0) return;
    await this.#known.markDeleted(archive);
    for (const { stream } of streams) await this.#options.broker.archives.remove(stream);
  }

  async #make(): Promise<void> {
    const { broker, config } = this.#options;
    if (!this.#known.isCaughtUp) return;
    for (const { name, retention } of config().archives.values()) {
      const stream = archiveStream(name, retention);
      const isKnown = this.#known.of(name).some((each) => each.stream === stream);
      if (isKnown && this.#known.deletedAtMs(name) === undefined) continue;
      await broker.declare([declarationOf(stream)]);
      await this.#known.add(name, stream);
    }
  }

  async #tidyAgainAndAgain(): Promise<void> {
    const { sleep, onError } = this.#options;
    const { signal } = this.#stopping;
    for (;;) {
      await sleep(TIDY_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      this.follow();
      await this.#tidy().catch(onError);
    }
  }

  async #tidy(): Promise<void> {
    const { config, nowMs } = this.#options;
    for (const archive of [...this.#known.archives]) {
      const configured = config().archives.get(archive);
      const deletedAtMs = this.#known.deletedAtMs(archive);
      const streams = this.#known.of(archive);
      if (configured !== undefined) await this.#drop(archive, await this.#past(archive));
      else if (deletedAtMs !== undefined && nowMs() > deletedAtMs + NEWS_MS) {
        await this.#drop(
          archive,
          streams.map(({ stream }) => stream),
        );
      }
      this.#sizes.delete(archive);
    }
  }

  #past(archive: string): Promise<readonly string[]> {
    const { broker, config, nowMs } = this.#options;
    const retention = config().archives.get(archive)?.retention ?? {};
    const streams = this.#known.of(archive);
    return pastStreams({ streams, current: archiveStream(archive, retention), retention }, broker.archives, nowMs());
  }

  async #drop(archive: string, gone: readonly string[]): Promise<void> {
    if (gone.length === 0) return;
    for (const stream of gone) await this.#options.broker.archives.remove(stream);
    await this.#known.drop(archive, gone);
  }
}
