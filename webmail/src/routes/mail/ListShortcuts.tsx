// The keys that work on lists and conversations.
import { star } from '@/mail/actions';
import { useShortcuts } from '@/mail/shortcuts';
import { useControl } from './control';

export function ListShortcuts() {
  const control = useControl();
  const { cursor, openThread, selected } = control;
  useShortcuts({
    next: () => control.step(1),
    previous: () => control.step(-1),
    open: () => {
      if (cursor) control.openEntry(cursor);
    },
    back: () => {
      if (selected.size) control.clear();
      else if (openThread) control.open(null);
    },
    select: () => {
      const id = cursor ?? control.choice()?.ids[0];
      if (id) control.select(id);
    },
    'select-all': control.selectLoaded,
    archive: () => control.act('archive'),
    delete: () => control.act('delete'),
    junk: () => control.act('junk'),
    read: () => control.act('read'),
    unread: () => control.act('unread'),
    star: () => {
      if (!control.everything) control.act('star');
      else {
        const choice = control.choice();
        if (choice) void star(choice, true);
      }
    },
    move: () => control.choice() && control.show('move'),
    label: () => control.choice() && control.show('label'),
    snooze: () => control.isOwn && control.choice() && control.show('snooze'),
    'follow-up': () => control.isOwn && control.choice() && control.show('follow-up'),
  });
  return null;
}
