// The two parents of all routes: the root, and what only somebody who is signed in may see.
import { createRootRouteWithContext, createRoute, redirect } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import { sessionQuery } from '@/api/session';
import { Failure, NotFound } from '@/shell/Failure';
import { Root } from '@/shell/Root';

export const root = createRootRouteWithContext<{ queries: typeof queries }>()({
  component: Root,
  errorComponent: Failure,
  notFoundComponent: NotFound,
});

/** Who has no session is sent to sign in and comes back afterwards. */
export const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ location }) => {
    const session = await queries.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href } });
    return { session };
  },
});
