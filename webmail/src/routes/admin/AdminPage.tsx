// The frame of the administration: its areas at the side, the chosen one beside them.
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { PageFrame } from '@/shell/PageFrame';
import { useReach } from './model';

const AREAS = [
  { to: '/admin', label: 'Overview', exact: true },
  { to: '/admin/figures', label: 'Figures' },
  { to: '/admin/models', label: 'Models', operator: true },
  { to: '/admin/tenants', label: 'Tenants', operator: true },
  { to: '/admin/domains', label: 'Domains', admin: true },
  { to: '/admin/providers', label: 'Single sign-on', admin: true },
  { to: '/admin/users', label: 'Users' },
  { to: '/admin/aliases', label: 'Aliases' },
  { to: '/admin/retention', label: 'Retention', admin: true },
  { to: '/admin/outbox', label: 'Outbox' },
  { to: '/admin/dead-letters', label: 'Dead letters' },
  { to: '/admin/tasks', label: 'Failed tasks' },
  { to: '/admin/trace', label: 'Message trace' },
  { to: '/admin/audit', label: 'Audit log' },
] as const;

export default function Page() {
  const { operator, admin } = useReach();
  const list = useRef<HTMLUListElement>(null);
  const { pathname } = useLocation();
  // On a phone the areas scroll sideways: the one that is open must be seen.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path names the moment, its value does not matter
  useEffect(() => {
    list.current?.querySelector('[data-status=active]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [pathname]);
  const areas = AREAS.filter((area) => (!('operator' in area) || operator) && (!('admin' in area) || admin));
  return (
    <PageFrame
      title="Administration"
      nav={
        <nav aria-label="Administration">
          <ul ref={list} className="flex gap-1 overflow-x-auto md:sticky md:top-20 md:flex-col">
            {areas.map((area) => (
              <li key={area.to}>
                <Link
                  to={area.to}
                  activeOptions={{ exact: 'exact' in area }}
                  className="block rounded-md px-3 py-2 font-medium whitespace-nowrap text-ink-muted hover:bg-hover hover:text-ink data-[status=active]:bg-accent-soft data-[status=active]:text-accent-strong"
                >
                  {area.label}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      }
    >
      <Outlet />
    </PageFrame>
  );
}
