// Settings "Notifications": whether this browser tells of new mail while the pages are closed (Web Push).
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Loaded, Panel } from '@/account/Panel';
import { jmapSessionQuery, WEBPUSH } from '@/api/jmap/client';
import { Button } from '@/ui/Button';
import { Switch } from '@/ui/Switch';
import { toast, toastError } from '@/ui/Toast';
import { pushState, subscribe, unsubscribe } from '../push';

const KEY = ['push', 'state'];

export function PushNotifications() {
  const session = useQuery(jmapSessionQuery);
  const client = useQueryClient();
  const state = useQuery({
    queryKey: KEY,
    queryFn: pushState,
    refetchInterval: ({ state: now }) => (now.data === 'unverified' ? 3_000 : false),
  });
  const again = () => client.invalidateQueries({ queryKey: KEY });
  const change = useMutation({
    mutationFn: (on: boolean) => (on ? subscribe() : unsubscribe()),
    onError: (failure) => toastError(failure),
    onSettled: again,
  });
  const test = useMutation({
    mutationFn: async () => {
      const worker = await navigator.serviceWorker.ready;
      await worker.showNotification('Mailwright', { body: 'Notifications look like this.', icon: '/app/icon.svg' });
    },
    onError: () =>
      void toast({ text: 'The browser did not show it. Look into its settings for this page.', tone: 'danger' }),
  });
  return (
    <Panel
      title="New mail in this browser"
      description="A notification tells of new mail, also while this page is closed."
    >
      <Loaded of={session} what="settings">
        {({ capabilities }) => (
          <Loaded of={state} what="state">
            {(now) => {
              if (now === 'unsupported') return <p className="text-ink-muted">{unsupported()}</p>;
              if (!capabilities[WEBPUSH]) return <p className="text-ink-muted">This server sends no notifications.</p>;
              if (now === 'denied') {
                return (
                  <p className="text-ink-muted">Notifications of this page are blocked in your browser’s settings.</p>
                );
              }
              return (
                <>
                  <Switch
                    label="Tell me of new mail"
                    hint={now === 'unverified' ? 'Waiting for the first message from the push service.' : undefined}
                    checked={now !== 'off'}
                    disabled={change.isPending}
                    onChange={(on) => change.mutate(on)}
                  />
                  {now === 'on' ? (
                    <Button size="small" busy={test.isPending} onClick={() => test.mutate()}>
                      Show one
                    </Button>
                  ) : null}
                </>
              );
            }}
          </Loaded>
        )}
      </Loaded>
    </Panel>
  );
}

function unsupported(): string {
  return window.isSecureContext
    ? 'This browser cannot be notified. On an iPhone, add this page to the Home Screen first.'
    : 'Notifications need a page that was opened over HTTPS.';
}
