// Shortcuts that lead to a folder: "g i" and its kin.
import { useNavigate } from '@tanstack/react-router';
import { useShortcuts } from '@/mail/shortcuts';

export function useGoing(): void {
  const navigate = useNavigate();
  const to = (mailbox: string) => () => void navigate({ to: '/mail/$mailbox', params: { mailbox } });
  useShortcuts({
    'go-inbox': to('inbox'),
    'go-sent': to('sent'),
    'go-drafts': to('drafts'),
    'go-archive': to('archive'),
    'go-snoozed': to('snoozed'),
    'go-junk': to('junk'),
    'go-trash': to('trash'),
    'go-followups': () => void navigate({ to: '/followups' }),
    'go-scribe': () => void navigate({ to: '/scribe' }),
    'go-starred': () => void navigate({ to: '/search', search: { q: 'is:starred' } }),
  });
}
