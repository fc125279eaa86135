// A message as it came, octet by octet as far as text goes.
import { useQuery } from '@tanstack/react-query';
import { Copy } from 'lucide-react';
import { errorOf, reach } from '@/api/rest';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Loading } from '@/ui/Spinner';
import { toast } from '@/ui/Toast';

const MAX_SHOWN = 1_000_000; // characters; browsers become slow with more, and the download has all

export function SourceDialog({ href, onClose }: { href: string; onClose: () => void }) {
  const { data, error } = useQuery({
    queryKey: ['source', href],
    gcTime: 0,
    queryFn: async () => {
      const response = await reach(href);
      if (!response.ok) throw await errorOf(response);
      return response.text();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Source"
      width="wide"
      footer={
        data ? (
          <Button
            icon={<Copy aria-hidden="true" />}
            onClick={() =>
              void navigator.clipboard.writeText(data).then(() => toast({ text: 'The source was copied.' }))
            }
          >
            Copy
          </Button>
        ) : null
      }
    >
      {error ? <p role="alert">{error.message}</p> : null}
      {data === undefined && !error ? <Loading /> : null}
      {data === undefined ? null : (
        <pre
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          className="max-h-[60dvh] overflow-auto rounded-md bg-sunken p-4 font-mono text-xs break-all whitespace-pre-wrap"
        >
          {data.slice(0, MAX_SHOWN)}
          {data.length > MAX_SHOWN ? '\n\n… Download it to see the rest.' : ''}
        </pre>
      )}
    </Dialog>
  );
}
