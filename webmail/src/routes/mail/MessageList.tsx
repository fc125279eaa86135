// The rows of a list, however long it is: only those on the screen exist, and their windows are loaded as one scrolls.
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { useDisplay } from '@/account/preferences';
import { useSession } from '@/api/session';
import { useLabels } from '@/mail/labels';
import { useList } from '@/mail/lists';
import { useSnoozed } from '@/mail/snoozing';
import { useControl } from './control';
import { MessageRow, PlaceholderRow } from './MessageRow';

const HEIGHT = { comfortable: 84, compact: 56 }; // pixels of a row; the lines of MessageRow fit into them
const OVERSCAN = 6; // rows above and below the screen
const SETTLE_MS = 90; // while one drags the scroll bar through thousands of rows, nothing is loaded

export function MessageList({ label }: { label: string }) {
  const control = useControl();
  const { list, cursor, place } = control;
  const rows = useList(list);
  const scroller = useRef<HTMLDivElement>(null);
  const density = useDisplay().density ?? 'comfortable';
  const labels = useLabels();
  const own = useSession().user.email;
  const snoozed = useSnoozed(place?.role === 'snoozed');
  const total = rows.total ?? 12; // placeholders while nothing is known
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT[density],
    overscan: OVERSCAN,
    // The row with the focus stays, however far one scrolls away: the keys that scroll would go nowhere without it.
    rangeExtractor: (range) => {
      const found = defaultRangeExtractor(range);
      const kept = cursor ? rows.indexOf(cursor) : -1;
      return kept < 0 || found.includes(kept) ? found : [...found, kept].sort((one, other) => one - other);
    },
  });
  const items = virtual.getVirtualItems();
  const first = Math.max(0, (virtual.range?.startIndex ?? 0) - OVERSCAN);
  const last = (virtual.range?.endIndex ?? 20) + OVERSCAN + 1;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another density has rows of another height
  useEffect(() => virtual.measure(), [density, virtual]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the list may leave gaps to be filled
  useEffect(() => {
    if (rows.total === null) {
      rows.need(0, last);
      return;
    }
    const timer = setTimeout(() => rows.need(first, last), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [rows, rows.version, first, last]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: also when a conversation was closed
  useEffect(() => {
    const index = cursor ? rows.indexOf(cursor) : -1;
    if (index < 0) return;
    virtual.scrollToIndex(index, { align: 'auto' });
    // The focus goes along, so that Enter and screen readers mean the same row; a frame later the row is there.
    const frame = requestAnimationFrame(() => {
      const focused = document.activeElement;
      if (focused && focused !== document.body && !focused.closest('main, nav')) return;
      if (focused?.matches('input:not([type=checkbox]), textarea')) return;
      scroller.current?.querySelector<HTMLElement>(`[data-row="${cursor}"]`)?.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
  }, [cursor, rows, virtual, control.openThread]);

  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto overscroll-contain" aria-busy={rows.isLoading}>
      {/* biome-ignore lint/a11y/useSemanticElements: the items are placed by transform, and their number is told by aria */}
      <div
        role="list"
        aria-label={label}
        className="relative"
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
          event.preventDefault();
          control.step(event.key === 'ArrowDown' ? 1 : -1);
        }}
      >
        {items.map((item) => {
          const id = rows.at(item.index);
          return (
            // biome-ignore lint/a11y/useSemanticElements: see the list
            <div
              key={id ?? `at-${item.index}`}
              role="listitem"
              aria-setsize={rows.total ?? -1}
              aria-posinset={item.index + 1}
              className="absolute inset-x-0 top-0"
              style={{ height: item.size, transform: `translateY(${item.start}px)` }}
            >
              {id ? (
                <MessageRow
                  id={id}
                  compact={density === 'compact'}
                  labels={labels}
                  own={own}
                  snoozedUntil={snoozed.get(id)}
                />
              ) : (
                <PlaceholderRow compact={density === 'compact'} />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
