// The plan on the dashboard: which it is, when it is renewed, what is wrong with its payment, and the plans that can be bought.
import { useMutation, useQuery } from '@tanstack/react-query';
import { api, asSentence } from '@/api/rest';
import { Button } from '@/ui/Button';
import { toastError } from '@/ui/Toast';
import { formatDay } from '../format';
import { useTimeZone } from '../preferences';
import { allowance, type Plan, plansQuery, price, type Subscription, sentence } from './api';

const HERE = '/app/dashboard'; // where the payment service leads back to
const USUAL = ['active', 'trialing'];

export function PlanPanel({ subscription }: { subscription: Subscription }) {
  const timeZone = useTimeZone();
  const plans = useQuery(plansQuery);
  const page = useMutation({
    mutationFn: (plan: string | null) =>
      plan === null
        ? api.post<{ url: string }>('/api/billing/portal', { return_to: HERE })
        : api.post<{ url: string }>('/api/billing/checkout', { plan, return_to: HERE }),
    onSuccess: ({ url }) => window.location.assign(url),
    onError: (failure) => toastError(failure),
  });
  const going = page.isPending || page.isSuccess;
  const others = plans.data?.filter((plan) => plan.for_sale && plan.id !== subscription.plan) ?? [];
  return (
    <div className="flex flex-col gap-4">
      <div>
        <p className="flex flex-wrap items-baseline gap-2">
          <span className="text-2xl font-semibold tracking-tight">{subscription.plan_name}</span>
          {USUAL.includes(subscription.status) || subscription.dunning ? null : (
            <span className="text-warning">{sentence(subscription.status)}</span>
          )}
        </p>
        {subscription.renewal_date ? (
          <p className="text-ink-muted">Renews on {formatDay(subscription.renewal_date, timeZone)}</p>
        ) : null}
        {subscription.ends_at ? (
          <p className="text-ink-muted">Cancelled; it lasts until {formatDay(subscription.ends_at, timeZone)}</p>
        ) : null}
      </div>
      {subscription.dunning ? (
        <p role="alert" className="rounded-md border border-danger/50 bg-danger-soft px-4 py-3 text-danger">
          {asSentence(subscription.dunning.because)}
        </p>
      ) : null}
      {subscription.manageable ? (
        <div>
          <Button busy={going && page.variables === null} disabled={going} onClick={() => page.mutate(null)}>
            Manage billing
          </Button>
        </div>
      ) : null}
      {others.length > 0 && !subscription.manageable ? (
        <ul aria-label="Other plans" className="flex flex-col divide-y divide-line rounded-md border border-line">
          {others.map((plan) => (
            <Offer
              key={plan.id}
              plan={plan}
              busy={going && page.variables === plan.id}
              disabled={going}
              onChoose={() => page.mutate(plan.id)}
            />
          ))}
        </ul>
      ) : null}
    </div>
  );
}

interface OfferProps {
  plan: Plan;
  busy: boolean;
  disabled: boolean;
  onChoose: () => void;
}

function Offer({ plan, busy, disabled, onChoose }: OfferProps) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-2 px-4 py-3">
      <div>
        <p className="font-medium">{plan.name}</p>
        <p className="text-ink-muted">
          {price(plan)} · {allowance(plan)}
        </p>
      </div>
      <Button look="primary" size="small" busy={busy} disabled={disabled} onClick={onChoose}>
        Choose {plan.name}
      </Button>
    </li>
  );
}
