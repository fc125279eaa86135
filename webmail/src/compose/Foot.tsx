// The foot of a composer window: send, send later, attach, plain or rich text, throw away.
import { ChevronDown, Clock, Paperclip, SendHorizontal, Trash2 } from 'lucide-react';
import { useRef } from 'react';
import { Button } from '@/ui/Button';
import { IconButton } from '@/ui/IconButton';
import { Menu, MenuCheckItem, MenuItem } from '@/ui/Menu';
import type { Draft } from './draft';
import type { Writing } from './useDraft';

interface Props {
  writing: Writing;
  busy: boolean;
  onSend: () => void;
  onSchedule: () => void;
  onDiscard: () => void;
  onMode: (mode: Draft['mode']) => void;
}

export function Foot({ writing, busy, onSend, onSchedule, onDiscard, onMode }: Props) {
  const picker = useRef<HTMLInputElement>(null);
  const { draft, elsewhere } = writing;
  return (
    <div className="flex shrink-0 items-center gap-1 border-t border-line px-4 py-2">
      <div className="flex">
        <Button
          look="primary"
          busy={busy}
          disabled={elsewhere}
          icon={<SendHorizontal aria-hidden="true" />}
          title="Ctrl+Enter"
          className="rounded-r-none"
          onClick={onSend}
        >
          Send
        </Button>
        <Menu
          trigger={
            <Button
              look="primary"
              disabled={busy || elsewhere}
              aria-label="More ways to send"
              className="rounded-l-none border-l-accent-ink/30 px-2"
              icon={<ChevronDown aria-hidden="true" />}
            />
          }
        >
          <MenuItem icon={<Clock aria-hidden="true" />} onSelect={onSchedule}>
            Send later
          </MenuItem>
          <MenuCheckItem checked={draft.mode === 'plain'} onChange={(plain) => onMode(plain ? 'plain' : 'rich')}>
            Plain text
          </MenuCheckItem>
        </Menu>
      </div>
      <IconButton label="Attach files" icon={<Paperclip />} className="ml-2" onClick={() => picker.current?.click()} />
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          writing.addFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
      <IconButton label="Throw the draft away" icon={<Trash2 />} className="ml-auto" onClick={onDiscard} />
    </div>
  );
}
