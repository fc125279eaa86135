// Addresses of the webmail. A guest has no mailbox and is sent to the dashboard.
import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { signedIn } from '../signed-in';

const start = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: ({ context }) => {
    if (!context.session.user.has_mailbox) throw redirect({ to: '/dashboard' });
    throw redirect({ to: '/mail/$mailbox', params: { mailbox: 'inbox' } });
  },
});

const mail = createRoute({
  getParentRoute: () => signedIn,
  id: 'mail',
  beforeLoad: ({ context }) => {
    if (!context.session.user.has_mailbox) throw redirect({ to: '/dashboard' });
  },
  component: lazyRouteComponent(() => import('./MailPage')),
});

/** `mailbox` is a role (inbox, sent, …) or an id. */
const mailbox = createRoute({
  getParentRoute: () => mail,
  path: '/mail/$mailbox',
  component: lazyRouteComponent(() => import('./MailboxPage')),
});

const conversation = createRoute({
  getParentRoute: () => mailbox,
  path: '/$thread',
  component: lazyRouteComponent(() => import('./ConversationPage')),
});

const search = createRoute({
  getParentRoute: () => mail,
  path: '/search',
  validateSearch: (given: Record<string, unknown>): { q: string; thread?: string } => ({
    q: typeof given.q === 'string' ? given.q : '',
    ...(typeof given.thread === 'string' ? { thread: given.thread } : {}),
  }),
  component: lazyRouteComponent(() => import('./SearchPage')),
});

export const mailRoutes = [start, mail.addChildren([mailbox.addChildren([conversation]), search])] as const;
