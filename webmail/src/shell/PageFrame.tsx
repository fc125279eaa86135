// The frame of every page that is not the webmail itself: a bar with brand, links and account, then the page's title and content.
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { useMaybeSession } from '@/api/session';
import { AccountMenu } from './AccountMenu';
import { Brand } from './Brand';

interface Props {
  title: string;
  children: ReactNode;
  /** Links or tabs of the section, shown at the side (above the content on a phone). */
  nav?: ReactNode;
  /** Buttons beside the title. */
  actions?: ReactNode;
}

const LINK =
  'rounded-md px-3 py-1 font-medium text-ink-muted hover:bg-hover hover:text-ink data-[status=active]:bg-accent-soft data-[status=active]:text-accent-strong';

export function PageFrame({ title, children, nav, actions }: Props) {
  const session = useMaybeSession();
  useTitle(title);
  return (
    // `relative`: what is only for screen readers stays inside, and does not make the document taller than the window.
    <div className="relative flex h-full flex-col overflow-y-auto">
      <a href="#content" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-raised focus:p-2">
        Skip to the content
      </a>
      <header className="no-print sticky top-0 z-20 flex h-14 shrink-0 items-center gap-2 border-b border-line bg-surface px-4">
        <Brand />
        {session ? (
          <>
            <nav aria-label="Pages" className="ml-4 hidden gap-1 md:flex">
              {session.user.has_mailbox ? (
                <Link to="/mail/$mailbox" params={{ mailbox: 'inbox' }} className={LINK}>
                  Mail
                </Link>
              ) : null}
              <Link to="/dashboard" className={LINK}>
                Dashboard
              </Link>
              <Link to="/assistant" className={LINK}>
                Assistant
              </Link>
              <Link to="/followups" className={LINK}>
                Follow-ups
              </Link>
              <Link to="/scribe" className={LINK}>
                Scribe
              </Link>
              <Link to="/agents" className={LINK}>
                Agents
              </Link>
              <Link to="/settings" className={LINK}>
                Settings
              </Link>
            </nav>
            <div className="ml-auto">
              <AccountMenu />
            </div>
          </>
        ) : null}
      </header>
      <div className="mx-auto flex w-full max-w-6xl flex-1 flex-col gap-6 px-4 py-8 sm:px-8 md:flex-row md:gap-12">
        {nav ? <div className="no-print shrink-0 md:w-48">{nav}</div> : null}
        <main id="content" className="min-w-0 flex-1">
          <div className="mb-6 flex flex-wrap items-center justify-between gap-4">
            <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
            {actions}
          </div>
          {children}
        </main>
      </div>
    </div>
  );
}

/** The browser tab's title: the page, then the brand. */
export function useTitle(title: string): void {
  const brand = useMaybeSession()?.brand.name ?? 'Mailwright';
  useEffect(() => {
    document.title = title ? `${title} · ${brand}` : brand;
  }, [title, brand]);
}
