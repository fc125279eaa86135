// The list with its head: title and filter, or what can be done with what is chosen.
import { ListFilter, RefreshCw, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useList } from '@/mail/lists';
import { Button } from '@/ui/Button';
import { Checkbox } from '@/ui/Checkbox';
import { EmptyState } from '@/ui/EmptyState';
import { IconButton } from '@/ui/IconButton';
import { Menu, MenuRadioGroup } from '@/ui/Menu';
import { ConversationActions } from './ConversationActions';
import { useControl } from './control';
import { EmptyList } from './EmptyList';
import { MessageList } from './MessageList';

export type Showing = 'all' | 'unread' | 'starred' | 'attachments';

const SHOWING: { value: Showing; label: string }[] = [
  { value: 'all', label: 'All' },
  { value: 'unread', label: 'Unread' },
  { value: 'starred', label: 'Starred' },
  { value: 'attachments', label: 'With attachments' },
];

interface Props {
  title: string;
  showing?: Showing;
  onShowing?: (showing: Showing) => void;
  /** Above the list: problems of a search. */
  note?: ReactNode;
}

export function ListPane({ title, showing = 'all', onShowing, note }: Props) {
  const control = useControl();
  const rows = useList(control.list);
  const { selected, everything } = control;
  const total = rows.total;
  const some = selected.size > 0;
  return (
    <>
      <div className="flex h-12 shrink-0 items-center gap-3 border-b border-line px-4">
        <Checkbox
          label={some ? 'Choose none' : 'Choose all that are loaded'}
          hideLabel
          disabled={!total}
          checked={some && (everything || selected.size >= (total ?? 0))}
          indeterminate={some && !everything && selected.size < (total ?? 0)}
          onChange={() => (some ? control.clear() : control.selectLoaded())}
        />
        {some ? (
          <>
            <h1 className="sr-only">{title}</h1>
            <span className="mr-auto font-medium tabular-nums" aria-live="polite">
              {(everything ? (total ?? selected.size) : selected.size).toLocaleString()} chosen
            </span>
            <ConversationActions compact />
          </>
        ) : (
          <>
            <h1 className="truncate text-base font-semibold">{title}</h1>
            {total !== null ? (
              <span className="text-xs tabular-nums text-ink-muted">{total.toLocaleString()}</span>
            ) : null}
            <div className="ml-auto flex">
              <IconButton
                size="small"
                label="Look for new mail"
                icon={<RefreshCw aria-hidden="true" className={rows.isLoading ? 'animate-spin' : ''} />}
                onClick={() => rows.refresh()}
              />
              {onShowing ? (
                <Menu
                  align="end"
                  trigger={
                    <IconButton
                      size="small"
                      label={`Show: ${SHOWING.find((one) => one.value === showing)?.label ?? 'All'}`}
                      pressed={showing !== 'all'}
                      icon={<ListFilter aria-hidden="true" />}
                    />
                  }
                >
                  <MenuRadioGroup value={showing} onChange={onShowing} options={SHOWING} />
                </Menu>
              ) : null}
            </div>
          </>
        )}
      </div>
      {some && (everything || (total !== null && selected.size < total)) ? (
        <div className="flex flex-wrap items-center justify-center gap-2 border-b border-line bg-accent-soft px-4 py-1 text-xs">
          {everything
            ? `All ${(total ?? 0).toLocaleString()} conversations are chosen.`
            : `${selected.size.toLocaleString()} loaded conversations are chosen.`}
          {everything ? (
            <button type="button" className="font-semibold text-accent-strong underline" onClick={control.clear}>
              Choose none
            </button>
          ) : (
            <button
              type="button"
              className="font-semibold text-accent-strong underline"
              onClick={control.selectEverything}
            >
              Choose all {(total ?? 0).toLocaleString()}
            </button>
          )}
        </div>
      ) : null}
      {showing !== 'all' && onShowing ? (
        <div className="flex items-center justify-between border-b border-line bg-sunken px-4 py-1 text-xs text-ink-muted">
          Showing: {SHOWING.find((one) => one.value === showing)?.label}
          <button type="button" className="font-semibold text-accent underline" onClick={() => onShowing('all')}>
            Show all
          </button>
        </div>
      ) : null}
      {note}
      {rows.error && total === null ? (
        <EmptyState
          icon={<TriangleAlert aria-hidden="true" />}
          title="The messages could not be loaded"
          action={<Button onClick={() => rows.retry()}>Try again</Button>}
        >
          {rows.error.message}
        </EmptyState>
      ) : total === 0 ? (
        <EmptyList
          role={control.place?.role ?? null}
          search={control.list.mailboxId === null}
          filtered={showing !== 'all'}
        />
      ) : (
        <MessageList label={title} />
      )}
      {rows.error && total !== null ? (
        <div
          role="alert"
          className="flex items-center gap-2 border-t border-line bg-warning-soft px-4 py-2 text-warning"
        >
          <span className="flex-1">{rows.error.message}</span>
          <Button size="small" onClick={() => rows.retry()}>
            Try again
          </Button>
        </div>
      ) : null}
    </>
  );
}
