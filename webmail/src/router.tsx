// All addresses under /app joined; each page is loaded when it is first asked for.
import { createRouter } from '@tanstack/react-router';
import { queries } from './api/queries';
import { accountRoutes, signInRoute } from './routes/account/routes';
import { adminRoutes } from './routes/admin/routes';
import { mailRoutes } from './routes/mail/routes';
import { root, signedIn } from './routes/signed-in';
import { Failure } from './shell/Failure';

const tree = root.addChildren([signInRoute, signedIn.addChildren([...mailRoutes, ...accountRoutes, ...adminRoutes])]);

export const router = createRouter({
  routeTree: tree,
  basepath: '/app',
  context: { queries },
  defaultPreload: 'intent',
  defaultErrorComponent: Failure,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
