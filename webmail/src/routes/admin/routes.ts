// Addresses of the administration, for the roles admin and support.
import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { mayAdminister } from '@/api/session';
import { signedIn } from '../signed-in';

const admin = createRoute({
  getParentRoute: () => signedIn,
  path: '/admin',
  beforeLoad: ({ context }) => {
    if (!mayAdminister(context.session.user)) throw redirect({ to: '/' });
  },
  component: lazyRouteComponent(() => import('./AdminPage')),
});

const overview = createRoute({
  getParentRoute: () => admin,
  path: '/',
  component: lazyRouteComponent(() => import('./OverviewPage')),
});
const figures = createRoute({
  getParentRoute: () => admin,
  path: '/figures',
  component: lazyRouteComponent(() => import('./FiguresPage')),
});
const models = createRoute({
  getParentRoute: () => admin,
  path: '/models',
  component: lazyRouteComponent(() => import('./ModelsPage')),
});
const tenants = createRoute({
  getParentRoute: () => admin,
  path: '/tenants',
  component: lazyRouteComponent(() => import('./TenantsPage')),
});
const domains = createRoute({
  getParentRoute: () => admin,
  path: '/domains',
  component: lazyRouteComponent(() => import('./DomainsPage')),
});
const domain = createRoute({
  getParentRoute: () => admin,
  path: '/domains/$name',
  component: lazyRouteComponent(() => import('./DomainPage')),
});
const providers = createRoute({
  getParentRoute: () => admin,
  path: '/providers',
  component: lazyRouteComponent(() => import('./ProvidersPage')),
});
const users = createRoute({
  getParentRoute: () => admin,
  path: '/users',
  component: lazyRouteComponent(() => import('./UsersPage')),
});
const user = createRoute({
  getParentRoute: () => admin,
  path: '/users/$id',
  component: lazyRouteComponent(() => import('./UserPage')),
});
const aliases = createRoute({
  getParentRoute: () => admin,
  path: '/aliases',
  component: lazyRouteComponent(() => import('./AliasesPage')),
});
const retention = createRoute({
  getParentRoute: () => admin,
  path: '/retention',
  component: lazyRouteComponent(() => import('./RetentionPage')),
});
const audit = createRoute({
  getParentRoute: () => admin,
  path: '/audit',
  component: lazyRouteComponent(() => import('./AuditPage')),
});
const outbox = createRoute({
  getParentRoute: () => admin,
  path: '/outbox',
  component: lazyRouteComponent(() => import('./OutboxPage')),
});
const deadLetters = createRoute({
  getParentRoute: () => admin,
  path: '/dead-letters',
  component: lazyRouteComponent(() => import('./DeadLettersPage')),
});
const tasks = createRoute({
  getParentRoute: () => admin,
  path: '/tasks',
  component: lazyRouteComponent(() => import('./TasksPage')),
});
const trace = createRoute({
  getParentRoute: () => admin,
  path: '/trace',
  validateSearch: (given: Record<string, unknown>): { q?: string } =>
    typeof given.q === 'string' ? { q: given.q } : {},
  component: lazyRouteComponent(() => import('./TracePage')),
});

export const adminRoutes = [
  admin.addChildren([
    overview,
    figures,
    models,
    tenants,
    domains,
    domain,
    providers,
    users,
    user,
    aliases,
    retention,
    audit,
    outbox,
    deadLetters,
    tasks,
    trace,
  ]),
] as const;
