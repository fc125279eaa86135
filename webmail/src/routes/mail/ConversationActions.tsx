// The buttons for what is chosen or open; the same in the list's head and above a conversation.
import {
  AlarmClockCheck,
  Archive,
  CircleAlert,
  Clock,
  EllipsisVertical,
  FolderInput,
  Inbox,
  Mail,
  MailOpen,
  Star,
  Tag,
  Trash2,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { wake } from '@/mail/snoozing';
import { IconButton } from '@/ui/IconButton';
import { Menu, MenuItem } from '@/ui/Menu';
import { useControl } from './control';

/** `compact`: the less usual ones are in a menu. `more`: what else stands in that menu. */
export function ConversationActions({ compact, more }: { compact?: boolean; more?: ReactNode }) {
  const control = useControl();
  const { place, act, show, has } = control;
  const role = place?.role ?? null;
  const mayMove = place === null || place.myRights.mayRemoveItems;
  const open = control.choice;
  return (
    <div className="flex items-center">
      {role === 'archive' || role === 'trash' || !mayMove || !has('archive') ? null : (
        <IconButton label="Archive" shortcut="e" icon={<Archive aria-hidden="true" />} onClick={() => act('archive')} />
      )}
      {mayMove ? (
        <IconButton
          label={role === 'trash' || !has('trash') ? 'Delete for good' : 'Delete'}
          shortcut="#"
          icon={<Trash2 aria-hidden="true" />}
          onClick={() => act('delete')}
        />
      ) : null}
      {mayMove && !compact && has('junk') ? (
        <IconButton
          label={role === 'junk' ? 'Not junk' : 'Junk'}
          shortcut="!"
          icon={role === 'junk' ? <Inbox aria-hidden="true" /> : <CircleAlert aria-hidden="true" />}
          onClick={() => act('junk')}
        />
      ) : null}
      {compact ? (
        <IconButton
          label="Mark as read"
          shortcut="I"
          icon={<MailOpen aria-hidden="true" />}
          onClick={() => act('read')}
        />
      ) : (
        <IconButton
          label="Mark as unread"
          shortcut="U"
          icon={<Mail aria-hidden="true" />}
          onClick={() => act('unread')}
        />
      )}
      {mayMove ? (
        <IconButton
          label="Move to"
          shortcut="v"
          icon={<FolderInput aria-hidden="true" />}
          onClick={() => show('move')}
        />
      ) : null}
      {compact ? null : (
        <>
          <IconButton label="Label" shortcut="l" icon={<Tag aria-hidden="true" />} onClick={() => show('label')} />
          {control.isOwn ? (
            <IconButton
              label="Snooze"
              shortcut="b"
              icon={<Clock aria-hidden="true" />}
              onClick={() => show('snooze')}
            />
          ) : null}
        </>
      )}
      <Menu align="end" trigger={<IconButton label="More actions" icon={<EllipsisVertical aria-hidden="true" />} />}>
        {compact ? (
          <>
            <MenuItem icon={<Mail aria-hidden="true" />} shortcut="U" onSelect={() => act('unread')}>
              Mark as unread
            </MenuItem>
            {mayMove && has('junk') ? (
              <MenuItem icon={<CircleAlert aria-hidden="true" />} shortcut="!" onSelect={() => act('junk')}>
                {role === 'junk' ? 'Not junk' : 'Junk'}
              </MenuItem>
            ) : null}
            <MenuItem icon={<Tag aria-hidden="true" />} shortcut="l" onSelect={() => show('label')}>
              Label
            </MenuItem>
            <MenuItem icon={<Clock aria-hidden="true" />} shortcut="b" onSelect={() => show('snooze')}>
              Snooze
            </MenuItem>
          </>
        ) : null}
        {control.isOwn ? (
          <MenuItem icon={<AlarmClockCheck aria-hidden="true" />} shortcut="t" onSelect={() => show('follow-up')}>
            Follow up
          </MenuItem>
        ) : null}
        <MenuItem icon={<Star aria-hidden="true" />} shortcut="s" onSelect={() => act('star')}>
          Star, or remove the star
        </MenuItem>
        {role === 'snoozed' ? (
          <MenuItem
            icon={<Inbox aria-hidden="true" />}
            onSelect={() => {
              const choice = open();
              if (choice) void wake(choice);
              control.open(null);
              control.clear();
            }}
          >
            Bring back now
          </MenuItem>
        ) : null}
        {more}
      </Menu>
    </div>
  );
}
