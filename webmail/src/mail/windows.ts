// A long list of which only windows are loaded: the ids known by position, the total, and what has to be fetched next.
// What was shown before a refresh stays until its place is loaded anew. Knows nothing of mail or of the network.

export const WINDOW = 50; // rows of one request: two screens, and an answer of some tens of kilobytes

export interface Window {
  position: number;
  ids: string[];
  /** Only when it was asked for. */
  total?: number;
}
export type Load = (position: number, limit: number, wantTotal: boolean) => Promise<Window>;
export interface Taken {
  id: string;
  index: number;
}

export class WindowedList {
  private fresh: (string | undefined)[] = [];
  private old: (string | undefined)[] = [];
  private length: number | null = null;
  private totalIsFresh = false;
  private generation = 0;
  private readonly loading = new Set<number>();
  private failure: Error | null = null;
  private readonly listeners = new Set<() => void>();
  private wanted: [number, number] | null = null;
  /** Grows with every change: what React compares. */
  version = 0;

  constructor(private readonly load: Load) {}

  /** null: nothing has been loaded yet. */
  get total(): number | null {
    return this.length;
  }

  get error(): Error | null {
    return this.failure;
  }

  get isLoading(): boolean {
    return this.loading.size > 0;
  }

  at(index: number): string | undefined {
    return this.fresh[index] ?? this.old[index];
  }

  indexOf(id: string): number {
    const found = this.fresh.indexOf(id);
    return found >= 0 ? found : this.old.indexOf(id);
  }

  /** The ids known from `from` up to `to`, without those. */
  between(from: number, to: number): string[] {
    const found: string[] = [];
    for (let index = Math.max(0, from); index < to; index += 1) {
      const id = this.at(index);
      if (id !== undefined) found.push(id);
    }
    return found;
  }

  /** These positions are looked at: loads what of them is missing. */
  need(from: number, to: number): void {
    this.wanted = [from, to];
    if (this.failure) return;
    const end = this.length === null || !this.totalIsFresh ? Math.max(to, 1) : Math.min(to, this.length);
    for (let index = Math.max(0, from); index < end; index += 1) {
      if (this.fresh[index] !== undefined || this.isUnderWay(index)) continue;
      void this.fetch(index);
    }
  }

  /** Everything may be different: what is looked at is loaded again, the rest when it is looked at. */
  refresh(): void {
    for (const [index, id] of this.fresh.entries()) if (id !== undefined) this.old[index] = id;
    this.fresh = [];
    this.totalIsFresh = false;
    this.failure = null;
    this.restart();
    if (this.listeners.size > 0) this.need(...(this.wanted ?? [0, WINDOW]));
  }

  /** Takes entries out at once; what is returned puts them back. */
  take(ids: readonly string[]): Taken[] {
    const taken = ids
      .map((id) => ({ id, index: this.indexOf(id) }))
      .filter((one) => one.index >= 0)
      .sort((a, b) => b.index - a.index);
    for (const { index } of taken) {
      this.fresh.splice(index, 1);
      if (index < this.old.length) this.old.splice(index, 1);
    }
    if (this.length !== null) this.length = Math.max(0, this.length - taken.length);
    this.restart();
    return taken;
  }

  putBack(taken: readonly Taken[]): void {
    for (const { id, index } of [...taken].reverse()) {
      while (this.fresh.length < index) this.fresh.push(undefined);
      this.fresh.splice(index, 0, id);
      if (index < this.old.length) this.old.splice(index, 0, undefined);
    }
    if (this.length !== null) this.length += taken.length;
    this.restart();
  }

  retry(): void {
    this.failure = null;
    this.need(...(this.wanted ?? [0, WINDOW]));
    this.tell();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private isUnderWay(index: number): boolean {
    for (const position of this.loading) if (index >= position && index < position + WINDOW) return true;
    return false;
  }

  private async fetch(position: number): Promise<void> {
    const { generation } = this;
    this.loading.add(position);
    this.tell();
    try {
      const found = await this.load(position, WINDOW, !this.totalIsFresh);
      if (generation !== this.generation) return;
      this.loading.delete(position);
      for (const [offset, id] of found.ids.entries()) this.place(found.position + offset, id);
      if (found.total !== undefined) {
        this.length = found.total;
        this.totalIsFresh = true;
        this.fresh.length = Math.min(this.fresh.length, found.total);
        this.old.length = Math.min(this.old.length, found.total);
      } else if (found.ids.length < WINDOW && this.length !== null) {
        this.length = Math.min(this.length, found.position + found.ids.length); // it became shorter meanwhile
      }
    } catch (failure) {
      if (generation !== this.generation) return;
      this.loading.delete(position);
      this.failure = failure instanceof Error ? failure : new Error(String(failure));
    }
    this.tell();
  }

  private place(index: number, id: string): void {
    const elsewhere = this.old.indexOf(id);
    if (elsewhere >= 0 && elsewhere !== index) this.old[elsewhere] = undefined; // never shown twice
    while (this.fresh.length < index) this.fresh.push(undefined);
    this.fresh[index] = id;
    if (index < this.old.length) this.old[index] = undefined;
  }

  /** What is under way answers to positions that are no more. */
  private restart(): void {
    this.generation += 1;
    this.loading.clear();
    this.tell();
  }

  private tell(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }
}
