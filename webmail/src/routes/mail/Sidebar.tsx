// The mailboxes: compose, those with a role, one's own, labels, what others share, and how full the mailbox is.
import { Link, useRouterState } from '@tanstack/react-router';
import { Keyboard, PenLine, Plus, Star, Tag } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Mailbox } from '@/api/jmap/types';
import { openComposer } from '@/compose/open';
import { useLabels } from '@/mail/labels';
import { type AccountMailboxes, useAccounts } from '@/mail/mailboxes';
import { operator } from '@/mail/searching';
import { flat, withoutRole, withRole } from '@/mail/tree';
import { Button } from '@/ui/Button';
import { IconButton } from '@/ui/IconButton';
import { FolderDialog, type FolderWish } from './FolderDialog';
import { FolderLine, LINE } from './FolderLine';
import { LabelDot } from './LabelChip';
import { LabelDialog } from './LabelDialog';
import { QuotaLine } from './QuotaLine';

export function Sidebar({ onHelp }: { onHelp: () => void }) {
  const accounts = useAccounts();
  const labels = useLabels();
  const [wish, setWish] = useState<FolderWish | null>(null);
  const [label, setLabel] = useState<string | null>(null);
  const [own, ...shared] = accounts;
  return (
    <div className="flex h-full flex-col">
      <div className="p-4 pb-2">
        <Button
          look="primary"
          size="normal"
          className="w-full"
          icon={<PenLine aria-hidden="true" />}
          onClick={() => openComposer({ kind: 'new' })}
        >
          New message
        </Button>
      </div>
      <nav aria-label="Folders" className="min-h-0 flex-1 overflow-y-auto px-2 pb-4">
        {own ? <Own account={own} onWish={setWish} /> : null}
        <Heading text="Labels" action="New label" onAction={() => setLabel('')} />
        {labels.length === 0 ? <p className="px-3 py-1 text-xs text-ink-muted">No labels yet.</p> : null}
        <ul>
          {labels.map((one) => (
            <li key={one.keyword} className="group relative flex items-center">
              <Link
                to="/search"
                search={{ q: operator('label', one.name) }}
                activeOptions={{ includeSearch: true }}
                className={LINE}
              >
                <LabelDot hue={one.hue} />
                <span className="flex-1 truncate">{one.name}</span>
              </Link>
              <IconButton
                size="small"
                label={`Change label ${one.name}`}
                icon={<Tag aria-hidden="true" />}
                onClick={() => setLabel(one.keyword)}
                className="absolute right-1 opacity-0 pointer-coarse:opacity-100 group-hover:opacity-100 focus-visible:opacity-100"
              />
            </li>
          ))}
        </ul>
        {shared.map((account) => (
          <Shared key={account.id} account={account} onWish={setWish} />
        ))}
      </nav>
      <div className="flex items-end gap-2 border-t border-line p-4">
        <div className="min-w-0 flex-1">
          <QuotaLine />
        </div>
        <IconButton
          size="small"
          label="Keyboard shortcuts"
          shortcut="?"
          icon={<Keyboard aria-hidden="true" />}
          onClick={onHelp}
        />
      </div>
      {wish ? <FolderDialog wish={wish} onClose={() => setWish(null)} /> : null}
      {label !== null ? <LabelDialog keyword={label || null} onClose={() => setLabel(null)} /> : null}
    </div>
  );
}

interface PartProps {
  account: AccountMailboxes;
  onWish: (wish: FolderWish) => void;
}

function Own({ account, onWish }: PartProps) {
  const { mailboxes } = account;
  const special = useMemo(() => flat(withRole(mailboxes)), [mailboxes]);
  const starred = useRouterState({
    select: (state) => (state.location.search as { q?: string }).q === 'is:starred',
  });
  return (
    <>
      <ul>
        {special.map((node) => (
          <FolderLine key={node.mailbox.id} node={node} account={account} onWish={onWish} />
        ))}
        <li>
          <Link
            to="/search"
            search={{ q: 'is:starred' }}
            className={LINE}
            {...(starred ? {} : { 'data-status': 'inactive' })}
          >
            <Star aria-hidden="true" />
            <span className="flex-1">Starred</span>
          </Link>
        </li>
      </ul>
      <Heading
        text="Folders"
        action="New folder"
        onAction={() => onWish({ kind: 'create', accountId: account.id, parentId: null })}
      />
      <Tree account={account} mailboxes={mailboxes} onWish={onWish} />
    </>
  );
}

function Tree({ account, mailboxes, onWish }: PartProps & { mailboxes: Mailbox[] }) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);
  const nodes = useMemo(() => withoutRole(mailboxes), [mailboxes]);
  const lines = useMemo(() => flat(nodes, closed), [nodes, closed]);
  const shown = lines.filter(
    (node) => all || node.mailbox.isSubscribed || node.children.some((child) => child.mailbox.isSubscribed),
  );
  const hidden = lines.length - shown.length;
  const some = nodes.length > 0 && flat(nodes).some((node) => !node.mailbox.isSubscribed);
  const toggle = (id: string) =>
    setClosed((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  return (
    <>
      {lines.length === 0 ? <p className="px-3 py-1 text-xs text-ink-muted">No folders yet.</p> : null}
      <ul>
        {shown.map((node) => (
          <FolderLine
            key={node.mailbox.id}
            node={node}
            account={account}
            onWish={onWish}
            closed={closed.has(node.mailbox.id)}
            onToggle={() => toggle(node.mailbox.id)}
          />
        ))}
      </ul>
      {hidden > 0 || (all && some) ? (
        <button type="button" className="px-3 py-1 text-xs text-ink-muted hover:underline" onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show ${hidden} hidden`}
        </button>
      ) : null}
    </>
  );
}

function Shared({ account, onWish }: PartProps) {
  const lines = useMemo(
    () => [...flat(withRole(account.mailboxes)), ...flat(withoutRole(account.mailboxes))],
    [account],
  );
  return (
    <>
      <Heading text={account.account.name} />
      <ul>
        {lines.map((node) => (
          <FolderLine key={node.mailbox.id} node={node} account={account} onWish={onWish} />
        ))}
      </ul>
    </>
  );
}

function Heading({ text, action, onAction }: { text: string; action?: string; onAction?: () => void }) {
  return (
    <div className="mt-4 flex h-8 items-center justify-between pr-1 pl-3">
      <h2 className="truncate text-xs font-semibold text-ink-muted">{text}</h2>
      {action && onAction ? (
        <IconButton size="small" label={action} icon={<Plus aria-hidden="true" />} onClick={onAction} />
      ) : null}
    </div>
  );
}
