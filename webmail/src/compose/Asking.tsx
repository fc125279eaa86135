// The question before a message leaves that looks unfinished.
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import type { Warning } from './warnings';

/** What stands against sending, and "send anyway" when none of it blocks. */
export function Asking({
  warnings,
  onClose,
  onSure,
}: {
  warnings: Warning[];
  onClose: () => void;
  onSure: () => void;
}) {
  const blocked = warnings.some(({ blocks }) => blocks);
  return (
    <Dialog
      open
      onClose={onClose}
      width="narrow"
      title={blocked ? 'Not ready to be sent' : 'Send it like this?'}
      footer={
        <>
          <Button look={blocked ? 'primary' : 'secondary'} onClick={onClose}>
            {blocked ? 'Back' : 'Keep writing'}
          </Button>
          {blocked ? null : (
            <Button look="primary" onClick={onSure}>
              Send anyway
            </Button>
          )}
        </>
      }
    >
      <ul className="flex flex-col gap-2">
        {warnings.map(({ id, text }) => (
          <li key={id}>{text}</li>
        ))}
      </ul>
    </Dialog>
  );
}
