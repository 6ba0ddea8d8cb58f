import type { JournalConfig } from "../../domain/journal/journal-config.ts";
import type { JournalRecord, RecordKind } from "../../domain/journal/records.ts";
import type { JournalWriter } from "../../ports/journal.ts";
import { Budget } from "./budget.ts";
import type { FrameSendingOptions, RecordCounts } from "./frame-sending.ts";
import { FrameSending } from "./frame-sending.ts";
import type { FieldValue } from "./indexed-fields.ts";
import { createFieldReader } from "./indexed-fields.ts";
import { createRedactor } from "./redact.ts";

/** The longest that a record waits for others of its frame. */
const FRAME_MS = 250;
/** A window of the budget has so many of these: a second. */
const FRAMES_A_WINDOW = 4;
/** What stays true is written again after so many, an hour: old frames are deleted. */
const FRAMES_A_RESTATEMENT = 14_400;
/** The longest event or answer that is kept. */
const BODY_BYTES_MAX = 16 * 1024;

/** Records that say what was delivered. */
const SUCCESS_KINDS: ReadonlySet<RecordKind> = new Set(["event", "attempt", "redrive"]);

/** Why a record is not in the journal. */
export const JOURNAL_LOSSES = [
  /** It was one of many successes, and there was too much to write. */
  "sampled",
  /** The broker did not take its frame, or was away. */
  "refused",
  /** Too much was on its way, or had been written in that second. */
  "full",
] as const;

export type JournalLoss = (typeof JOURNAL_LOSSES)[number];

export interface JournalOptions extends Omit<FrameSendingOptions, "onLost"> {
  readonly onLost: (reason: JournalLoss, counts: RecordCounts) => void;
  /** From now on one in so many events is recorded as long as it succeeds. */
  readonly onSampling: (oneIn: number) => void;
}

/**
 * A router's journal: puts records together into frames and sends them. Nobody waits for it, and what it cannot write is
 * counted and gone. It takes nothing while the configuration has no section for it, or nobody writes its frames.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #frames: FrameSending;
  readonly #budget = new Budget(0);
  #config: JournalConfig | undefined;
  #redact: (json: Buffer) => Buffer | undefined = (json) => json;
  #readFields: (json: Buffer) => readonly FieldValue[] | undefined = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #standing: (() => JournalRecord) | undefined;
  #oneIn = 1;
  /** Whether records of successes are missing, and the journal does not say so yet. */
  #isIncomplete = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#frames = new FrameSending({ ...options, onLost: (reason, counts) => this.#lost(reason, counts) });
  }

  /** Where frames go from now on; undefined for nowhere. */
  writeTo(writer: JournalWriter | undefined): void {
    this.#frames.writeTo(writer);
    this.#tickWhileOn();
  }

  follow(config: JournalConfig | undefined): void {
    this.#config = config;
    if (config !== undefined) {
      this.#redact = createRedactor(config.redact);
      this.#readFields = createFieldReader(config);
      this.#budget.bytesMax = config.bytesPerSecondMax;
    }
    this.#tickWhileOn();
  }

  get isOn(): boolean {
    return this.#config !== undefined && this.#frames.isOn;
  }

  get nowMs(): number {
    return this.#options.nowMs();
  }

  /** Whether an event that succeeds is to be recorded. All routers and all its records decide alike. */
  keeps(eventId: string | undefined, kind: RecordKind): boolean {
    const { oneIn } = this.#budget;
    if (oneIn !== this.#oneIn) this.#sampleFrom(oneIn);
    if (this.#budget.hasRoomForSuccess && (oneIn === 1 || (eventId !== undefined && hashOf(eventId) % oneIn === 0)))
      return true;
    this.#lost("sampled", new Map([[kind, 1]]));
    return false;
  }

  /** An event or an answer as it may be kept, redacted; undefined where it may not. `failed` is for what went wrong. */
  kept(json: Buffer | undefined, failed: boolean): Buffer | undefined {
    const bodies = this.#config?.bodies;
    if (json === undefined || bodies === "off" || (bodies === "failed" && !failed)) return undefined;
    if (json.length > BODY_BYTES_MAX || !this.#budget.keepsBodies) return undefined;
    const shown = this.#redact(json);
    return shown === undefined || shown.length > BODY_BYTES_MAX ? undefined : shown;
  }

  /** The values by which an event can be found; undefined for none. An event that is too long to be kept has none. */
  fieldsOf(json: Buffer): readonly FieldValue[] | undefined {
    return json.length > BODY_BYTES_MAX ? undefined : this.#readFields(json);
  }

  /** Whether bodies of what went well are kept too. */
  get keepsAllBodies(): boolean {
    return this.#config?.bodies === "all" && this.#budget.keepsBodies;
  }

  write(record: JournalRecord): void {
    if (!this.isOn) return;
    if (!this.#budget.hasRoom) return this.#lost("full", new Map([[record.kind, 1]]));
    this.#budget.spend(this.#frames.add(record));
  }

  /** Writes what stays true until it is said anew: now, each time that the journal begins to be written, and every hour. */
  state(standing: () => JournalRecord): void {
    this.#standing = standing;
    this.write(standing());
  }

  /** Counts a record that is too long to be written. */
  leaveOut(kind: RecordKind): void {
    if (this.isOn) this.#lost("full", new Map([[kind, 1]]));
  }

  /** Sends what is there, and resolves when everything has been confirmed or refused. */
  async end(): Promise<void> {
    this.#stateLoss();
    await this.#frames.end();
    this.writeTo(undefined);
  }

  #lost(reason: JournalLoss, counts: RecordCounts): void {
    // What says so is said again, and not missing itself.
    this.#isIncomplete ||= [...counts.keys()].some((kind) => kind === "loss" || SUCCESS_KINDS.has(kind));
    const missing = new Map([...counts].filter(([kind]) => kind !== "loss"));
    if (missing.size > 0) this.#options.onLost(reason, missing);
  }

  /** Says that records of successes are missing, once there is room. */
  #stateLoss(): void {
    if (!this.#isIncomplete || !this.#budget.hasRoom) return;
    this.#isIncomplete = false;
    this.write({ kind: "loss", atMs: this.#options.nowMs() });
  }

  #sampleFrom(oneIn: number): void {
    this.#oneIn = oneIn;
    this.#options.onSampling(oneIn);
    this.write({ kind: "sampling", atMs: this.#options.nowMs(), oneIn });
  }

  /** One timer for frames and windows: records are many, and looking at a clock for each would cost as much as writing it. */
  #tickWhileOn(): void {
    if (this.isOn) {
      if (this.#timer === undefined) this.#restate();
      this.#timer ??= setInterval(() => this.#tick(), FRAME_MS).unref();
    } else {
      if (this.#timer !== undefined) this.#isIncomplete = true;
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #restate(): void {
    if (this.#standing !== undefined) this.write(this.#standing());
  }

  #tick(): void {
    this.#ticks += 1;
    if (this.#ticks % FRAMES_A_RESTATEMENT === 0) this.#restate();
    if (this.#ticks % FRAMES_A_WINDOW === 0) {
      this.#budget.endWindow();
      this.#stateLoss();
    }
    this.#frames.send();
  }
}

/** A number of 32 bits that spreads event ids evenly (FNV-1a). Ids that producers choose may count up. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
