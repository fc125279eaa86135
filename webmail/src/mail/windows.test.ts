import { describe, expect, it } from 'vitest';
import { WINDOW, type Window, WindowedList } from './windows';

/** A server with the numbers 0 … total-1 as ids, whose answers are given when told. */
function server(total: number, name = (index: number) => `m${index}`) {
  const asked: { position: number; limit: number; wantTotal: boolean; answer: () => void; fail: () => void }[] = [];
  const state = { total, name };
  const list = new WindowedList(
    (position, limit, wantTotal) =>
      new Promise<Window>((resolve, reject) => {
        const answer = () => {
          const count = Math.max(0, Math.min(limit, state.total - position));
          const ids = Array.from({ length: count }, (_, offset) => state.name(position + offset));
          resolve({ position, ids, ...(wantTotal ? { total: state.total } : {}) });
        };
        asked.push({ position, limit, wantTotal, answer, fail: () => reject(new Error('no network')) });
      }),
  );
  const answerAll = async () => {
    for (const one of asked.splice(0)) one.answer();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { list, asked, answerAll, state };
}

describe('a windowed list', () => {
  it('asks for one window and the total first', async () => {
    const { list, asked, answerAll } = server(100_000);
    expect(list.total).toBeNull();
    list.need(0, 20);
    expect(asked.map(({ position, limit, wantTotal }) => [position, limit, wantTotal])).toEqual([[0, WINDOW, true]]);
    await answerAll();
    expect(list.total).toBe(100_000);
    expect(list.at(49)).toBe('m49');
    expect(list.at(50)).toBeUndefined();
  });

  it('loads only what is looked at, and nothing twice', async () => {
    const { list, asked, answerAll } = server(100_000);
    list.need(0, 20);
    await answerAll();
    list.need(70_010, 70_030);
    list.need(70_012, 70_032);
    expect(asked.map((one) => one.position)).toEqual([70_010]);
    expect(asked[0]?.wantTotal).toBe(false);
    await answerAll();
    expect(list.at(70_030)).toBe('m70030');
    list.need(0, 50);
    expect(asked).toEqual([]);
  });

  it('shows what was there until its place is loaded anew', async () => {
    const { list, answerAll, state } = server(3);
    const stop = list.subscribe(() => undefined);
    list.need(0, 10);
    await answerAll();
    state.total = 4;
    state.name = (index) => (index === 0 ? 'new' : `m${index - 1}`);
    list.refresh();
    expect(list.at(0)).toBe('m0');
    await answerAll();
    expect([list.total, list.at(0), list.at(1), list.at(3)]).toEqual([4, 'new', 'm0', 'm2']);
    stop();
  });

  it('takes entries out at once and puts them back where they were', async () => {
    const { list, answerAll } = server(5);
    list.need(0, 5);
    await answerAll();
    const taken = list.take(['m1', 'm3', 'unknown']);
    expect(list.between(0, 5)).toEqual(['m0', 'm2', 'm4']);
    expect(list.total).toBe(3);
    list.putBack(taken);
    expect(list.between(0, 5)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
    expect(list.total).toBe(5);
  });

  it('drops answers to questions about positions that are no more', async () => {
    const { list, asked, answerAll } = server(200);
    list.need(0, 10);
    await answerAll();
    list.need(60, 70);
    const late = asked.splice(0);
    list.take(['m0']);
    for (const one of late) one.answer();
    await new Promise((resolve) => setTimeout(resolve));
    expect(list.at(60)).toBeUndefined();
    list.need(60, 70);
    expect(asked.length).toBe(1);
  });

  it('keeps a failure until told to try again', async () => {
    const { list, asked, answerAll } = server(10);
    list.need(0, 10);
    asked.splice(0)[0]?.fail();
    await new Promise((resolve) => setTimeout(resolve));
    expect(list.error?.message).toBe('no network');
    list.need(0, 10);
    expect(asked).toEqual([]);
    list.retry();
    await answerAll();
    expect(list.error).toBeNull();
    expect(list.total).toBe(10);
  });

  it('becomes shorter when the server has less', async () => {
    const { list, answerAll, state } = server(60);
    list.need(0, 10);
    await answerAll();
    state.total = 55;
    list.need(50, 60);
    await answerAll();
    expect(list.total).toBe(55);
  });

  it('an empty list is known to be empty', async () => {
    const { list, answerAll } = server(0);
    list.need(0, 20);
    await answerAll();
    expect(list.total).toBe(0);
    expect(list.isLoading).toBe(false);
  });
});
