// The frame of the webmail: bar, mailboxes at the side (a drawer on a phone), and the lists and conversations in it.
import { Outlet, useParams, useRouterState, useSearch } from '@tanstack/react-router';
import { Menu as MenuIcon, PenLine } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { Suspense, useEffect, useState } from 'react';
import { openComposer } from '@/compose/open';
import { useLive, useNews } from '@/mail/live';
import { useShortcuts } from '@/mail/shortcuts';
import { AccountMenu } from '@/shell/AccountMenu';
import { Brand } from '@/shell/Brand';
import { IconButton } from '@/ui/IconButton';
import { Loading } from '@/ui/Spinner';
import { runToastAction } from '@/ui/Toast';
import { ConnectionBanner } from './ConnectionBanner';
import { SearchBox } from './SearchBox';
import { ShortcutSheet } from './ShortcutSheet';
import { Sidebar } from './Sidebar';
import { useGoing } from './useGoing';

export default function MailPage() {
  const [drawer, setDrawer] = useState(false);
  const [help, setHelp] = useState(false);
  useLive();
  const news = useNews();
  const path = useRouterState({ select: (state) => state.location.href });
  const { thread: inPath } = useParams({ strict: false });
  const { thread = inPath } = useSearch({ strict: false });
  // biome-ignore lint/correctness/useExhaustiveDependencies: going somewhere closes the drawer
  useEffect(() => setDrawer(false), [path]);
  useGoing();
  useShortcuts({
    compose: () => openComposer({ kind: 'new' }),
    help: () => setHelp(true),
    undo: () => void runToastAction(),
  });
  return (
    <div className="flex h-full flex-col print:block print:h-auto">
      <a href="#list" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-raised focus:p-2">
        Skip to the messages
      </a>
      <header className="no-print flex h-14 shrink-0 items-center gap-2 border-b border-line bg-surface px-2 sm:px-4">
        <IconButton
          label="Folders"
          icon={<MenuIcon aria-hidden="true" />}
          className="md:hidden"
          onClick={() => setDrawer(true)}
        />
        <div className="hidden w-56 shrink-0 md:block">
          <Brand />
        </div>
        <SearchBox />
        <div className="ml-auto">
          <AccountMenu />
        </div>
      </header>
      <ConnectionBanner />
      <div className="flex min-h-0 flex-1 print:block">
        <aside className="no-print hidden w-60 shrink-0 border-r border-line md:block" aria-label="Folders">
          <Suspense fallback={<Loading />}>
            <Sidebar onHelp={() => setHelp(true)} />
          </Suspense>
        </aside>
        <Suspense fallback={<Loading label="Loading mail" />}>
          <Outlet />
        </Suspense>
      </div>
      <Drawer open={drawer} onClose={() => setDrawer(false)} onHelp={() => setHelp(true)} />
      {thread ? null : (
        <button
          type="button"
          aria-label="New message"
          onClick={() => openComposer({ kind: 'new' })}
          className="no-print fixed right-4 bottom-4 z-20 flex size-14 items-center justify-center rounded-full bg-accent text-accent-ink shadow-popover md:hidden"
        >
          <PenLine size={24} aria-hidden="true" />
        </button>
      )}
      <ShortcutSheet open={help} onClose={() => setHelp(false)} />
      <div role="status" aria-live="polite" className="sr-only">
        {news}
      </div>
    </div>
  );
}

function Drawer({ open, onClose, onHelp }: { open: boolean; onClose: () => void; onHelp: () => void }) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <div aria-hidden="true" className="fixed inset-0 z-40 bg-shade md:hidden" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-40 flex w-72 max-w-[85vw] flex-col border-r border-line bg-canvas shadow-popover md:hidden"
        >
          <Radix.Title className="sr-only">Folders</Radix.Title>
          <div className="flex h-14 shrink-0 items-center px-4">
            <Brand />
          </div>
          <div className="min-h-0 flex-1">
            <Sidebar onHelp={onHelp} />
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
