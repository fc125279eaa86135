// One mailbox of the side: its icon, name and count, a menu, and a place where conversations can be dropped.
import { Link } from '@tanstack/react-router';
import {
  Archive,
  ChevronDown,
  ChevronRight,
  CircleAlert,
  Clock,
  EllipsisVertical,
  FilePen,
  Folder,
  Inbox,
  type LucideIcon,
  Mails,
  Send,
  Star,
  Trash2,
} from 'lucide-react';
import { useState } from 'react';
import type { MailboxRole } from '@/api/jmap/types';
import { moveTo } from '@/mail/actions';
import { type AccountMailboxes, addressOf } from '@/mail/mailboxes';
import { countOf, type Node, nameOf } from '@/mail/tree';
import { classes } from '@/ui/classes';
import { IconButton } from '@/ui/IconButton';
import { Menu, MenuItem, MenuSeparator } from '@/ui/Menu';
import { dragged, isDrag } from './dragging';
import type { FolderWish } from './FolderDialog';

export const LINE =
  'flex h-8 pointer-coarse:h-11 min-w-0 flex-1 items-center gap-3 rounded-md px-3 text-ink hover:bg-hover data-[status=active]:bg-selected data-[status=active]:font-semibold [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-ink-muted';

const ICONS: Partial<Record<MailboxRole, LucideIcon>> = {
  inbox: Inbox,
  archive: Archive,
  drafts: FilePen,
  sent: Send,
  junk: CircleAlert,
  trash: Trash2,
  snoozed: Clock,
  flagged: Star,
  important: Star,
  all: Mails,
};

interface Props {
  node: Node;
  account: AccountMailboxes;
  onWish: (wish: FolderWish) => void;
  closed?: boolean;
  onToggle?: () => void;
}

export function FolderLine({ node, account, onWish, closed, onToggle }: Props) {
  const { mailbox, depth, children } = node;
  const [over, setOver] = useState(false);
  const count = countOf(mailbox);
  const name = nameOf(mailbox);
  const counted = mailbox.role === 'drafts' || mailbox.role === 'snoozed' ? 'in it' : 'unread';
  const drop = {
    onDragOver: (event: React.DragEvent) => {
      if (!isDrag(event) || !mailbox.myRights.mayAddItems) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: React.DragEvent) => {
      event.preventDefault();
      setOver(false);
      const choice = dragged();
      if (choice && choice.list.accountId === account.id) void moveTo(choice, mailbox);
    },
  };
  return (
    <li className="group relative flex items-center" style={{ paddingLeft: depth * 16 }} {...drop}>
      <Link
        to="/mail/$mailbox"
        params={{ mailbox: addressOf(mailbox, account.account.isPersonal) }}
        className={classes(LINE, over && 'bg-accent-soft outline-2 outline-accent')}
      >
        <Icon role={mailbox.role} />
        <span className={classes('flex-1 truncate', count > 0 && counted === 'unread' && 'font-semibold')}>{name}</span>
        {count > 0 ? (
          <span className="pointer-coarse:mr-8 text-xs text-ink-muted tabular-nums transition-opacity pointer-fine:group-focus-within:opacity-0 pointer-fine:group-hover:opacity-0">
            {count.toLocaleString()}
            <span className="sr-only"> {counted}</span>
          </span>
        ) : null}
      </Link>
      <div className="absolute right-0.5 flex opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100 has-[[data-state=open]]:opacity-100">
        {children.length > 0 && onToggle ? (
          <IconButton
            size="small"
            label={closed ? `Show what is in ${name}` : `Hide what is in ${name}`}
            icon={closed ? <ChevronRight aria-hidden="true" /> : <ChevronDown aria-hidden="true" />}
            onClick={onToggle}
          />
        ) : null}
        <FolderMenu node={node} account={account} onWish={onWish} />
      </div>
    </li>
  );
}

function FolderMenu({ node: { mailbox }, account, onWish }: Pick<Props, 'node' | 'account' | 'onWish'>) {
  const rights = mailbox.myRights;
  const place = { ...mailbox, accountId: account.id };
  const empties = (mailbox.role === 'trash' || mailbox.role === 'junk') && rights.mayRemoveItems;
  return (
    <Menu
      trigger={
        <IconButton size="small" label={`Folder ${nameOf(mailbox)}`} icon={<EllipsisVertical aria-hidden="true" />} />
      }
    >
      <MenuItem
        disabled={mailbox.unreadEmails === 0 || !rights.maySetSeen}
        onSelect={() => onWish({ kind: 'read', place })}
      >
        Mark all as read
      </MenuItem>
      {rights.mayCreateChild ? (
        <MenuItem onSelect={() => onWish({ kind: 'create', accountId: account.id, parentId: mailbox.id })}>
          New folder inside
        </MenuItem>
      ) : null}
      {mailbox.role === null && rights.mayRename ? (
        <MenuItem onSelect={() => onWish({ kind: 'rename', place })}>Rename or move</MenuItem>
      ) : null}
      {mailbox.role === null ? (
        <MenuItem onSelect={() => onWish({ kind: 'subscribe', place })}>
          {mailbox.isSubscribed ? 'Hide from this list' : 'Always show'}
        </MenuItem>
      ) : null}
      {empties ? (
        <>
          <MenuSeparator />
          <MenuItem danger disabled={mailbox.totalEmails === 0} onSelect={() => onWish({ kind: 'empty', place })}>
            Empty {nameOf(mailbox)}
          </MenuItem>
        </>
      ) : null}
      {mailbox.role === null && rights.mayDelete ? (
        <>
          <MenuSeparator />
          <MenuItem danger onSelect={() => onWish({ kind: 'delete', place })}>
            Delete folder
          </MenuItem>
        </>
      ) : null}
    </Menu>
  );
}

export function Icon({ role }: { role: MailboxRole | null }) {
  const Shape = (role && ICONS[role]) || Folder;
  return <Shape aria-hidden="true" />;
}
