// The questions some actions ask: where to, which labels, until when, and whether really.
import { type About, AddDialog } from '@/account/followups/AddDialog';
import { counted, deleteForGood, mailboxFor, moveTo } from '@/mail/actions';
import { changeAll, type Wish } from '@/mail/bulk';
import type { Row } from '@/mail/patches';
import { rowOf } from '@/mail/store';
import { nameOf, pathOf } from '@/mail/tree';
import { ConfirmDialog } from '@/ui/Dialog';
import { toastError } from '@/ui/Toast';
import { type ListControl, useControl, type Verb } from './control';
import { Icon } from './FolderLine';
import { LabelPicker } from './LabelPicker';
import { Picker } from './Picker';
import { SnoozeDialog } from './SnoozeDialog';
import { bulkVerb } from './useListControl';

export function ActionDialogs() {
  const control = useControl();
  const { panel, show } = control;
  const close = () => show(null);
  if (panel === null) return null;
  const choice = control.choice();
  if (!choice) return null;
  switch (panel) {
    case 'move':
      return <MoveDialog control={control} onClose={close} />;
    case 'label':
      return <LabelPicker choice={choice} onClose={close} />;
    case 'snooze':
      return (
        <SnoozeDialog
          choice={choice}
          onClose={close}
          onDone={() => {
            control.clear();
            if (control.openThread) control.open(null);
          }}
        />
      );
    case 'follow-up': {
      const row = rowOf(choice.ids[0] ?? '');
      return row ? <AddDialog about={aboutOf(row)} onClose={close} /> : null;
    }
    case 'delete':
      return (
        <ConfirmDialog
          open
          dangerous
          onClose={close}
          title="Delete for good?"
          description={`${choice.ids.length === 1 ? 'This conversation' : counted(choice.ids.length)} will be removed from the server. This cannot be undone.`}
          action="Delete"
          onConfirm={() => {
            close();
            control.clear();
            if (control.openThread) control.open(null);
            void deleteForGood(choice);
          }}
        />
      );
    case 'all':
      return <EverythingDialog control={control} verb={bulkVerb.current} onClose={close} />;
  }
}

/** The newest message of the conversation; with whom: who wrote it. */
function aboutOf(row: Row): About {
  const sender = row.from?.[0];
  return { emailId: row.id, subject: row.subject ?? '', who: sender?.name || sender?.email || '' };
}

function MoveDialog({ control, onClose }: { control: ListControl; onClose: () => void }) {
  const { list, place, mailboxes } = control;
  const targets = mailboxes.filter(
    (one) => one.myRights.mayAddItems && one.id !== place?.id && one.role !== 'snoozed' && one.role !== 'drafts',
  );
  return (
    <Picker
      title="Move to"
      placeholder="Find a folder"
      options={targets.map((one) => ({ id: one.id, label: pathOf(one, mailboxes), icon: <Icon role={one.role} /> }))}
      onClose={onClose}
      onPick={(id) => {
        const target = mailboxes.find((one) => one.id === id);
        const choice = control.choice();
        onClose();
        if (!target || !choice) return;
        if (control.everything) {
          const wish = { patch: { mailbox: target.id }, verb: 'Moving', done: `moved to ${nameOf(target)}` };
          void changeAll(list, wish, place?.id);
        } else {
          void moveTo(choice, target);
          if (control.openThread) control.open(null);
        }
        control.clear();
      }}
    />
  );
}

function EverythingDialog({ control, verb, onClose }: { control: ListControl; verb: Verb; onClose: () => void }) {
  const { list, place } = control;
  const where = place ? nameOf(place) : 'what was found';
  const texts: Record<Verb, [string, string]> = {
    archive: ['Archive everything?', 'Archive'],
    delete: [place?.role === 'trash' ? 'Delete everything for good?' : 'Move everything to Trash?', 'Delete'],
    junk: [
      place?.role === 'junk' ? 'Nothing of this is junk?' : 'Mark everything as junk?',
      place?.role === 'junk' ? 'Not junk' : 'Junk',
    ],
    read: ['Mark everything as read?', 'Mark as read'],
    unread: ['Mark everything as unread?', 'Mark as unread'],
    star: ['Star everything?', 'Star'],
  };
  const [title, action] = texts[verb];
  const run = async () => {
    onClose();
    control.clear();
    try {
      const wish = await wishFor(control, verb);
      await changeAll(list, wish, 'patch' in wish && wish.patch.mailbox ? place?.id : undefined);
    } catch (failure) {
      toastError(failure);
    }
  };
  return (
    <ConfirmDialog
      open
      dangerous={verb === 'delete'}
      onClose={onClose}
      title={title}
      description={`This is about all ${(list.rows.total ?? 0).toLocaleString()} conversations of ${where}, also those that are not on the screen.`}
      action={action}
      onConfirm={() => void run()}
    />
  );
}

async function wishFor({ list: { accountId }, place }: ListControl, verb: Verb): Promise<Wish> {
  switch (verb) {
    case 'archive':
      return { patch: { mailbox: (await mailboxFor(accountId, 'archive')).id }, verb: 'Archiving', done: 'archived' };
    case 'delete':
      if (place?.role === 'trash') return { destroy: true, verb: 'Deleting', done: 'deleted' };
      return {
        patch: { mailbox: (await mailboxFor(accountId, 'trash')).id },
        verb: 'Deleting',
        done: 'moved to Trash',
      };
    case 'junk': {
      const isJunk = place?.role !== 'junk';
      const mailbox = (await mailboxFor(accountId, isJunk ? 'junk' : 'inbox')).id;
      const keywords = { $junk: isJunk, $notjunk: !isJunk };
      return { patch: { mailbox, keywords }, verb: 'Moving', done: isJunk ? 'marked as junk' : 'moved to the inbox' };
    }
    case 'read':
      return { patch: { keywords: { $seen: true } }, verb: 'Marking', done: 'marked as read' };
    case 'unread':
      return { patch: { keywords: { $seen: false } }, verb: 'Marking', done: 'marked as unread' };
    case 'star':
      return { patch: { keywords: { $flagged: true } }, verb: 'Marking', done: 'starred' };
  }
}
