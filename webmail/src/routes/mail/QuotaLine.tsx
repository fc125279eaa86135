// How full the mailbox is, in one line and a bar.
import { useQuery } from '@tanstack/react-query';
import { api } from '@/api/rest';
import { size } from '@/mail/sizes';
import { ProgressBar } from '@/ui/ProgressBar';

interface Usage {
  mailbox: { used_bytes: number; quota_bytes: number | null } | null;
}

const NEARLY = 0.9;

export function QuotaLine() {
  const { data } = useQuery({
    queryKey: ['usage'],
    staleTime: 5 * 60_000,
    queryFn: () => api.get<Usage>('/api/user/usage'),
  });
  if (!data?.mailbox) return null;
  const { used_bytes: used, quota_bytes: quota } = data.mailbox;
  if (quota === null || quota === 0) return <p className="text-xs text-ink-muted">{size(used)} used</p>;
  return (
    <div className="text-xs">
      <ProgressBar
        label="Mailbox"
        value={used}
        of={quota}
        text={`${size(used)} of ${size(quota)}`}
        tone={used >= quota ? 'danger' : used > quota * NEARLY ? 'warning' : 'accent'}
      />
    </div>
  );
}
