// The page "Settings": one section at a time, chosen at the side (above on a phone).
import { Link, useParams } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { SECTIONS } from '@/account/settings/sections';
import { useSession } from '@/api/session';
import { PageFrame } from '@/shell/PageFrame';
import { EmptyState } from '@/ui/EmptyState';

const LINK =
  'flex shrink-0 items-center gap-2 rounded-md px-3 py-2 font-medium text-ink-muted hover:bg-hover hover:text-ink data-[status=active]:bg-accent-soft data-[status=active]:text-accent-strong [&_svg]:size-4';

export default function SettingsPage() {
  const { user } = useSession();
  const { section } = useParams({ strict: false });
  const offered = SECTIONS.filter(({ needsMailbox }) => user.has_mailbox || !needsMailbox);
  const list = useRef<HTMLElement>(null);
  // On a phone the list is one line that scrolls: the chosen section must be seen in it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the section is what moves the mark
  useEffect(() => {
    list.current?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [section]);
  const shown = section === undefined ? offered[0] : offered.find(({ id }) => id === section);
  return (
    <PageFrame
      title={shown?.label ?? 'Settings'}
      nav={
        <nav
          ref={list}
          aria-label="Settings"
          className="-mx-4 flex gap-1 overflow-x-auto px-4 md:sticky md:top-20 md:mx-0 md:flex-col md:px-0"
        >
          {offered.map(({ id, label, icon }) => (
            <Link
              key={id}
              to="/settings/$section"
              params={{ section: id }}
              className={LINK}
              {...(shown?.id === id ? { 'data-status': 'active', 'aria-current': 'page' as const } : {})}
            >
              <span aria-hidden="true">{icon}</span>
              {label}
            </Link>
          ))}
        </nav>
      }
    >
      {shown ? <shown.Content /> : <EmptyState title="There are no such settings." />}
    </PageFrame>
  );
}
