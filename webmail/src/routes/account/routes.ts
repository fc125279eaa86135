// Addresses of signing in, the dashboard, the assistant, follow-ups, the scribe, what holds agents back, and the settings.
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { root, signedIn } from '../signed-in';

export const signInRoute = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (given: Record<string, unknown>): { next?: string; error?: string; code?: string } =>
    Object.fromEntries(
      ['next', 'error', 'code'].flatMap((name) => (typeof given[name] === 'string' ? [[name, given[name]]] : [])),
    ),
  component: lazyRouteComponent(() => import('./SignInPage')),
});

export const dashboardRoute = createRoute({
  getParentRoute: () => signedIn,
  path: '/dashboard',
  validateSearch: (given: Record<string, unknown>): { task?: string; status?: string } => ({
    ...(typeof given.task === 'string' ? { task: given.task } : {}),
    ...(typeof given.status === 'string' ? { status: given.status } : {}),
  }),
  component: lazyRouteComponent(() => import('./DashboardPage')),
});

export const agentsRoute = createRoute({
  getParentRoute: () => signedIn,
  path: '/agents',
  validateSearch: (given: Record<string, unknown>): { approval?: string } =>
    typeof given.approval === 'string' ? { approval: given.approval } : {},
  component: lazyRouteComponent(() => import('./AgentsPage')),
});

export const assistantRoute = createRoute({
  getParentRoute: () => signedIn,
  path: '/assistant',
  validateSearch: (given: Record<string, unknown>): { item?: string; connected?: string; error?: string } =>
    Object.fromEntries(
      ['item', 'connected', 'error'].flatMap((name) =>
        typeof given[name] === 'string' ? [[name, given[name].slice(0, 200)]] : [],
      ),
    ),
  component: lazyRouteComponent(() => import('./AssistantPage')),
});

export const followupsRoute = createRoute({
  getParentRoute: () => signedIn,
  path: '/followups',
  validateSearch: (given: Record<string, unknown>): { followup?: string } =>
    typeof given.followup === 'string' ? { followup: given.followup.slice(0, 64) } : {},
  component: lazyRouteComponent(() => import('./FollowupsPage')),
});

export const scribeRoute = createRoute({
  getParentRoute: () => signedIn,
  path: '/scribe',
  validateSearch: (given: Record<string, unknown>): { tab?: string; mail?: string; batch?: string } =>
    Object.fromEntries(
      ['tab', 'mail', 'batch'].flatMap((name) =>
        typeof given[name] === 'string' && given[name] ? [[name, given[name].slice(0, 64)]] : [],
      ),
    ),
  component: lazyRouteComponent(() => import('./ScribePage')),
});

const settings = createRoute({
  getParentRoute: () => signedIn,
  path: '/settings',
  component: lazyRouteComponent(() => import('./SettingsPage')),
});

/** `section` is one of those in `account/settings/sections.ts`. */
const settingsSection = createRoute({
  getParentRoute: () => signedIn,
  path: '/settings/$section',
  component: lazyRouteComponent(() => import('./SettingsPage')),
});

export const accountRoutes = [
  dashboardRoute,
  agentsRoute,
  assistantRoute,
  followupsRoute,
  scribeRoute,
  settings,
  settingsSection,
] as const;
