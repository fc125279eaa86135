// Something that is shown once, with a button that copies it.
import { Copy } from 'lucide-react';
import { Button } from '@/ui/Button';
import { toast, toastError } from '@/ui/Toast';

export function Secret({ label, value }: { label: string; value: string }) {
  return (
    <div className="flex flex-col gap-1">
      <span className="font-medium">{label}</span>
      <div className="flex items-center gap-2">
        <code className="min-w-0 flex-1 rounded bg-sunken px-3 py-2 break-all">{value}</code>
        <Button
          icon={<Copy aria-hidden="true" />}
          onClick={() => void navigator.clipboard.writeText(value).then(() => toast({ text: 'Copied.' }), toastError)}
        >
          Copy
        </Button>
      </div>
    </div>
  );
}
