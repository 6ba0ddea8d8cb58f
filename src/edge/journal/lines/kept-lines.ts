import type { FunctionLine } from "../../../domain/logs/log-line.ts";
import type { Redaction } from "../../../domain/journal/journal-config.ts";
import type { LogsConfig } from "../../../domain/logs/logs-config.ts";
import type { JournalWriter } from "../../../ports/journal.ts";
import type { FrameSendingOptions } from "../frame-sending.ts";
import { FrameSending } from "../frame-sending.ts";
import { LineRedaction } from "./line-redaction.ts";

/** The longest that a line waits for others of its frame. */
const FRAME_MS = 250;
/** What was not spent for so long may be spent at once: a function that starts writes much in its first second. */
const BURST_SECONDS = 4;
/** Lines of functions leave so much of that to the lines around their calls. */
const PLATFORM_SHARE = 0.25;

/** Why a line is not kept. */
export const LINE_LOSSES = [
  /** Its call had written as much as is kept of one. */
  "call",
  /** The router had written as much as it may. */
  "router",
  /** The broker did not take its frame, or was away. */
  "refused",
  /** Too much was on its way to the broker. */
  "full",
] as const;

export type LineLoss = (typeof LINE_LOSSES)[number];

export interface KeptLinesOptions extends Pick<FrameSendingOptions, "router" | "nowMs"> {
  readonly onStored: (lines: number, bytes: number) => void;
  readonly onLost: (reason: LineLoss, lines: number) => void;
}

/**
 * Writes the lines of a router's functions where all routers read them. Nobody waits for it: a line for which there is no
 * room is counted, and gone. It keeps nothing while the configuration has no section for it.
 */
export class KeptLines {
  readonly #options: KeptLinesOptions;
  readonly #frames: FrameSending;
  readonly #redaction = new LineRedaction();
  #config: LogsConfig | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** How many bytes may be written now. */
  #leftBytes = 0;
  #leftAtMs = 0;

  constructor(options: KeptLinesOptions) {
    const { onStored, onLost } = options;
    this.#options = options;
    this.#frames = new FrameSending({
      ...options,
      onStored: (counts, bytes) => onStored(counts.get("output") ?? 0, bytes),
      onLost: (reason, counts) => onLost(reason, counts.get("output") ?? 0),
    });
  }

  /** Where frames go from now on; undefined for nowhere. */
  writeTo(writer: JournalWriter | undefined): void {
    this.#frames.writeTo(writer);
    this.#tickWhileOn();
  }

  /** @param redaction of the journal's section; undefined where there is none. */
  follow(config: LogsConfig | undefined, redaction: Redaction | undefined): void {
    this.#config = config;
    this.#redaction.follow(redaction);
    this.#leftBytes = Math.min(this.#leftBytes, this.#burstBytes);
    this.#tickWhileOn();
  }

  /** @returns false where it is not kept, though lines are. */
  take({ functionName, logStream, atMs, source, text, requestId, callBytes }: FunctionLine): boolean {
    if (this.#config === undefined || !this.#frames.isOn) return true;
    const loss = this.#lossOf(callBytes, source === "platform" ? 0 : PLATFORM_SHARE * this.#burstBytes);
    if (loss !== undefined) {
      this.#options.onLost(loss, 1);
      return false;
    }
    this.#leftBytes -= this.#frames.add({
      kind: "output",
      atMs,
      function: functionName,
      stream: source,
      line: source === "platform" ? text : this.#redaction.of(text),
      deliveryId: requestId,
      logStream,
    });
    return true;
  }

  /** Sends what is there, and resolves when everything has been confirmed or refused. */
  async end(): Promise<void> {
    await this.#frames.end();
    this.writeTo(undefined);
  }

  #lossOf(callBytes: number, reservedBytes: number): LineLoss | undefined {
    if (callBytes > (this.#config?.callBytesMax ?? 0)) return "call";
    const nowMs = this.#options.nowMs();
    const gainedBytes = (Math.max(0, nowMs - this.#leftAtMs) / 1_000) * (this.#config?.bytesPerSecondMax ?? 0);
    this.#leftBytes = Math.min(this.#burstBytes, this.#leftBytes + gainedBytes);
    this.#leftAtMs = nowMs;
    return this.#leftBytes > reservedBytes ? undefined : "router";
  }

  get #burstBytes(): number {
    return BURST_SECONDS * (this.#config?.bytesPerSecondMax ?? 0);
  }

  #tickWhileOn(): void {
    clearInterval(this.#timer);
    const isOn = this.#config !== undefined && this.#frames.isOn;
    this.#timer = isOn ? setInterval(() => this.#frames.send(), FRAME_MS).unref() : undefined;
  }
}
