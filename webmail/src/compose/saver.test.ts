// Saving as one writes: when, how often, and what happens when it fails.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DraftSaver, SAVE_AFTER_MS, SaveRefused, type SaveStatus } from './saver';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start(save: (content: string, unsure: boolean) => Promise<void>, unsure = false) {
  const seen = { statuses: [] as string[], kept: null as string | null };
  const saver = new DraftSaver<string>({
    save,
    unsure,
    keep: (content) => {
      seen.kept = content;
    },
    forget: () => {
      seen.kept = null;
    },
    onStatus: (status: SaveStatus) => void seen.statuses.push(status.kind),
  });
  return { saver, seen };
}

describe('a draft', () => {
  it('is saved once, two seconds after the last key', async () => {
    const save = vi.fn(async () => {});
    const { saver, seen } = start(save);
    saver.changed('a');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS - 100);
    saver.changed('ab');
    expect(seen.kept).toBe('ab');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS - 100);
    expect(save).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    expect(save.mock.calls).toEqual([['ab', false]]);
    expect(seen.kept).toBeNull();
    expect(seen.statuses).toEqual(['changed', 'changed', 'saving', 'saved']);
  });

  it('of somebody who never pauses is saved within twenty seconds', async () => {
    const save = vi.fn(async () => {});
    const { saver } = start(save);
    for (let key = 0; key < 30; key += 1) {
      saver.changed(String(key));
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(save).toHaveBeenCalled();
  });

  it('changed while it is being saved is saved again afterwards, never at the same time', async () => {
    let running = 0;
    const saved: string[] = [];
    const { saver, seen } = start(async (content) => {
      running += 1;
      expect(running).toBe(1);
      await new Promise((done) => setTimeout(done, 5_000));
      running -= 1;
      saved.push(content);
    });
    saver.changed('a');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS + 1_000);
    saver.changed('b');
    await vi.advanceTimersByTimeAsync(4_000);
    expect(seen.kept).toBe('b');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(saved).toEqual(['a', 'b']);
    expect(seen.kept).toBeNull();
  });

  it('that could not be saved stays here, is tried again with growing pauses, and says it is unsure', async () => {
    const times: number[] = [];
    let away = true;
    const { saver, seen } = start(async (_content, unsure) => {
      times.push(Date.now());
      expect(unsure).toBe(times.length > 1);
      if (away) throw new Error('offline');
    });
    saver.changed('a');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(seen.kept).toBe('a');
    const pauses = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    expect(pauses).toEqual([2_000, 4_000, 8_000]);
    away = false;
    saver.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(seen.kept).toBeNull();
    expect(seen.statuses.at(-1)).toBe('saved');
  });

  it('left behind by a page that went away may be on the server already', async () => {
    const save = vi.fn(async () => {});
    const { saver } = start(save, true);
    saver.changed('a');
    await saver.flush();
    saver.changed('b');
    await saver.flush();
    expect(save.mock.calls).toEqual([
      ['a', true],
      ['b', false],
    ]);
  });

  it('keeps the newest text when an older save fails', async () => {
    const saved: string[] = [];
    let first = true;
    const { saver } = start(async (content) => {
      await new Promise((done) => setTimeout(done, 1_000));
      if (first) {
        first = false;
        throw new Error('offline');
      }
      saved.push(content);
    });
    saver.changed('a');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS + 500);
    saver.changed('ab');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(saved).toEqual(['ab']);
  });

  it('the server refuses is not offered again until it changes', async () => {
    const save = vi.fn(async () => {
      throw new SaveRefused('too large');
    });
    const { saver, seen } = start(save);
    saver.changed('a');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(save).toHaveBeenCalledTimes(1);
    expect(seen.kept).toBe('a');
    expect(seen.statuses.at(-1)).toBe('refused');
    saver.changed('b');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(save).toHaveBeenCalledTimes(2);
  });

  it('is saved at once when asked, and says whether it worked', async () => {
    let works = true;
    const { saver } = start(async () => {
      if (!works) throw new Error('offline');
    });
    saver.changed('a');
    expect(await saver.flush()).toBe(true);
    works = false;
    saver.changed('b');
    expect(await saver.flush()).toBe(false);
    expect(await start(async () => {}).saver.flush()).toBe(true);
  });

  it('that was sent is not saved any more', async () => {
    const save = vi.fn(async () => {});
    const { saver, seen } = start(save);
    saver.changed('a');
    await saver.end();
    saver.changed('b');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(save).not.toHaveBeenCalled();
    expect(seen.kept).toBeNull();
  });

  it('whose window is closed without saving stays kept', async () => {
    const { saver, seen } = start(async () => {});
    saver.changed('a');
    saver.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.kept).toBe('a');
  });
});
