// The search field: searches while one types, "/" leads here, and a button explains the operators.
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { CircleHelp, Search, X } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useEffect, useRef, useState } from 'react';
import { HELP } from '@/mail/searching';
import { useShortcuts } from '@/mail/shortcuts';
import { IconButton } from '@/ui/IconButton';

const PAUSE_MS = 250; // while one types, this long a pause is a question

export function SearchBox() {
  const asked = useRouterState({
    select: (state) =>
      state.location.pathname.endsWith('/search') ? ((state.location.search as { q?: string }).q ?? '') : null,
  });
  const [text, setText] = useState(asked ?? '');
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const navigate = useNavigate();

  useEffect(() => {
    if (document.activeElement !== field.current || asked === null) setText(asked ?? '');
  }, [asked]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useShortcuts({ search: () => field.current?.select() });

  const search = (q: string, replace: boolean) => {
    clearTimeout(timer.current);
    if (q.trim()) void navigate({ to: '/search', search: { q: q.trim() }, replace });
    else if (asked !== null) void navigate({ to: '/mail/$mailbox', params: { mailbox: 'inbox' } });
  };
  const add = (example: string) => {
    const next = `${text.trim()} ${example}`.trim();
    setText(next);
    search(next, asked !== null);
    field.current?.focus();
  };
  return (
    <search className="relative flex max-w-2xl min-w-0 flex-1 items-center">
      <Search size={18} aria-hidden="true" className="pointer-events-none absolute left-3 text-ink-muted" />
      <input
        ref={field}
        type="search"
        aria-label="Search mail"
        placeholder="Search mail"
        value={text}
        onChange={(event) => {
          const q = event.target.value;
          setText(q);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => search(q, asked !== null), PAUSE_MS);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') search(text, asked !== null);
          if (event.key === 'Escape') {
            event.preventDefault();
            field.current?.blur();
          }
        }}
        className="h-10 w-full rounded-md border border-transparent bg-sunken pr-20 pl-10 outline-none hover:border-line-strong focus:border-accent focus:bg-surface focus-visible:outline-2 focus-visible:-outline-offset-1 focus-visible:outline-accent [&::-webkit-search-cancel-button]:hidden"
      />
      <div className="absolute right-1 flex">
        {text ? (
          <IconButton
            size="small"
            label="Clear search"
            icon={<X aria-hidden="true" />}
            onClick={() => {
              setText('');
              search('', true);
              field.current?.focus();
            }}
          />
        ) : null}
        <Popover.Root>
          <Popover.Trigger asChild>
            <IconButton size="small" label="How to search" icon={<CircleHelp aria-hidden="true" />} />
          </Popover.Trigger>
          <Popover.Portal>
            <Popover.Content
              align="end"
              sideOffset={8}
              collisionPadding={8}
              aria-label="How to search"
              className="z-50 max-h-[var(--radix-popover-content-available-height)] w-96 max-w-[calc(100vw-16px)] overflow-y-auto rounded-md border border-line bg-raised p-4 shadow-popover"
            >
              <p className="mb-2 font-semibold">What can be searched for</p>
              <ul>
                {HELP.map((one) => (
                  <li key={one.example} className="flex items-baseline gap-4 py-1">
                    <button
                      type="button"
                      onClick={() => add(one.example)}
                      className="w-36 shrink-0 text-left font-mono text-xs text-accent hover:underline"
                    >
                      {one.example}
                    </button>
                    <span className="text-ink-muted">{one.text}</span>
                  </li>
                ))}
              </ul>
            </Popover.Content>
          </Popover.Portal>
        </Popover.Root>
      </div>
    </search>
  );
}
