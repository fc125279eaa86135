// Saving a draft as it is written: what is changed is kept in this browser at once and on the server two seconds after
// the last key. One save at a time; a failed one is tried again; nothing is forgotten here before the server has it.

export type SaveStatus =
  | { kind: 'untouched' }
  | { kind: 'changed' }
  | { kind: 'saving' }
  | { kind: 'saved'; at: Date }
  | { kind: 'retrying'; reason: string; attempt: number }
  | { kind: 'refused'; reason: string };

/** Thrown by `save` when trying again cannot help (the message is too large, the mailbox is full). */
export class SaveRefused extends Error {
  override readonly name = 'SaveRefused';
}

export interface SaverParts<Content> {
  /** Writes to the server. `unsure`: the outcome of an earlier attempt is unknown, a copy may be there already. */
  save: (content: Content, unsure: boolean) => Promise<void>;
  /** Keeps in this browser what is not on the server yet. */
  keep: (content: Content) => void;
  forget: () => void;
  onStatus: (status: SaveStatus) => void;
  now?: () => Date;
  /** The content was kept by a page that went away, perhaps in the middle of a save: its outcome is unknown. */
  unsure?: boolean;
}

export const SAVE_AFTER_MS = 2_000; // a pause in typing, not every key
export const SAVE_AT_LATEST_MS = 20_000; // who types without pause is saved all the same
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000; // a server that is away for hours is asked once a minute

export class DraftSaver<Content> {
  private content: Content | null = null;
  private changedSince: number | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running: Promise<boolean> | null = null;
  private attempt = 0;
  private unsure: boolean;
  private ended = false;

  constructor(private readonly parts: SaverParts<Content>) {
    this.unsure = parts.unsure ?? false;
  }

  /** The draft looks like this now. */
  changed(content: Content): void {
    if (this.ended) return;
    this.content = content;
    this.changedSince ??= Date.now();
    this.parts.keep(content);
    if (this.running) return; // it is looked at again when the save under way has ended
    if (this.attempt === 0) this.parts.onStatus({ kind: 'changed' });
    this.plan(this.attempt === 0 ? this.untilDue() : this.untilRetry());
  }

  /** Saves now what is not saved. True: the server has it all. */
  async flush(): Promise<boolean> {
    while (!this.ended && (this.running || this.content !== null)) {
      const saved = await (this.running ?? this.start());
      if (!saved) return false;
    }
    return true;
  }

  /** The connection is back: no need to wait for the next attempt. */
  wake(): void {
    if (this.attempt > 0 && !this.running && this.content !== null) void this.start();
  }

  /** The draft was sent or thrown away: nothing more is saved, and a save under way is waited for. */
  async end(): Promise<void> {
    this.ended = true;
    this.cancel();
    await this.running;
    this.parts.forget();
  }

  /** The window goes away but the draft does not: what is unsaved stays kept in the browser. */
  stop(): void {
    this.ended = true;
    this.cancel();
  }

  private plan(wait: number): void {
    this.cancel();
    this.timer = setTimeout(() => void this.start(), wait);
  }

  private cancel(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private untilDue(): number {
    const waited = Date.now() - (this.changedSince ?? Date.now());
    return Math.max(0, Math.min(SAVE_AFTER_MS, SAVE_AT_LATEST_MS - waited));
  }

  private untilRetry(): number {
    return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.attempt - 1));
  }

  private start(): Promise<boolean> {
    this.cancel();
    this.running ??= this.run().finally(() => {
      this.running = null;
      if (this.ended || this.content === null) return;
      this.plan(this.attempt === 0 ? this.untilDue() : this.untilRetry());
    });
    return this.running;
  }

  private async run(): Promise<boolean> {
    const content = this.content;
    if (content === null) return true;
    this.content = null;
    this.changedSince = null;
    this.parts.onStatus({ kind: 'saving' });
    try {
      await this.parts.save(content, this.unsure);
    } catch (failure) {
      this.content ??= content;
      const reason = failure instanceof Error ? failure.message : String(failure);
      if (failure instanceof SaveRefused) {
        this.attempt = 0;
        if (this.content === content) this.content = null; // the same again would be refused again; the next change is tried
        if (!this.ended) this.parts.onStatus({ kind: 'refused', reason });
      } else {
        this.unsure = true;
        this.attempt += 1;
        if (!this.ended) this.parts.onStatus({ kind: 'retrying', reason, attempt: this.attempt });
      }
      return false;
    }
    this.attempt = 0;
    this.unsure = false;
    if (this.content === null) this.parts.forget();
    if (!this.ended) this.parts.onStatus({ kind: 'saved', at: (this.parts.now ?? (() => new Date()))() });
    return true;
  }
}
