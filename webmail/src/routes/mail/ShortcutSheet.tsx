// The list of keyboard shortcuts.
import { SHORTCUTS } from '@/mail/shortcuts';
import { Dialog } from '@/ui/Dialog';
import { Kbd } from '@/ui/Kbd';

const GROUPS = [...new Set(SHORTCUTS.map((one) => one.group))];

export function ShortcutSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts" width="wide">
      <div className="grid gap-x-12 gap-y-6 sm:grid-cols-2">
        {GROUPS.map((group) => (
          <section key={group} aria-label={group}>
            <h3 className="mb-2 font-semibold">{group}</h3>
            <dl>
              {SHORTCUTS.filter((one) => one.group === group).map((one) => (
                <div key={one.keys} className="flex items-center justify-between gap-4 border-b border-line py-1">
                  <dt>{one.text}</dt>
                  <dd className="flex gap-1">
                    {one.keys.split(' ').map((key) => (
                      <Kbd key={key}>{key === 'Escape' ? 'Esc' : key}</Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
