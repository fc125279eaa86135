// The library: templates of one's own, the one that is used when none is chosen, and having some made.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { EllipsisVertical, FileText, Pencil, Plus, Sparkles, Star, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { api } from '@/api/rest';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { EmptyState } from '@/ui/EmptyState';
import { IconButton } from '@/ui/IconButton';
import { Menu, MenuItem } from '@/ui/Menu';
import { toast, toastError } from '@/ui/Toast';
import { Loaded, Panel } from '../Panel';
import { SCRIBE, scribeQuery, templatesQuery } from './api';
import { GenerateDialog } from './GenerateDialog';
import { TemplateDialog } from './TemplateDialog';
import { Placeholders } from './TemplateField';
import type { Scribe, Template } from './types';

type Asked = { kind: 'new' } | { kind: 'generate' } | { kind: 'edit'; template: Template };

export function Templates({ onUse }: { onUse: (text: string) => void }) {
  const library = useQuery(templatesQuery);
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  return (
    <Panel
      title="Templates"
      description="Written once, used for many. What stands in {{double braces}} is filled in for each recipient."
      actions={
        <div className="flex flex-wrap gap-2">
          <Button icon={<Sparkles aria-hidden="true" />} onClick={() => setAsked({ kind: 'generate' })}>
            Make some
          </Button>
          <Button look="primary" icon={<Plus aria-hidden="true" />} onClick={() => setAsked({ kind: 'new' })}>
            Add
          </Button>
        </div>
      }
    >
      <Loaded of={library} what="templates">
        {(found) =>
          found.length === 0 ? (
            <EmptyState icon={<FileText aria-hidden="true" />} title="No templates yet.">
              <p>Add your own, or have three made of your CV, your page or a few lines about you.</p>
            </EmptyState>
          ) : (
            <ul className="grid gap-4 md:grid-cols-2">
              {found.map((template) => (
                <OneTemplate
                  key={template.id}
                  template={template}
                  onUse={() => onUse(template.text)}
                  onEdit={() => setAsked({ kind: 'edit', template })}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
      {asked?.kind === 'generate' ? <GenerateDialog onClose={close} /> : null}
      {asked?.kind === 'new' ? <TemplateDialog onClose={close} /> : null}
      {asked?.kind === 'edit' ? <TemplateDialog template={asked.template} onClose={close} /> : null}
    </Panel>
  );
}

interface OneProps {
  template: Template;
  onUse: () => void;
  onEdit: () => void;
}

function OneTemplate({ template, onUse, onEdit }: OneProps) {
  const client = useQueryClient();
  const usual = useQuery(scribeQuery).data?.template_id === template.id;
  const renew = () => client.invalidateQueries({ queryKey: SCRIBE });
  const restore = () =>
    api.post(`${pathOf(template)}/restore`).then(renew, (failure) => {
      toastError(failure);
    });
  const remove = useMutation({
    mutationFn: () => api.delete(pathOf(template)),
    onSuccess: () =>
      toast({ text: `“${template.name}” is deleted.`, action: { label: 'Undo', run: () => void restore() } }),
    onError: (failure) => toastError(failure),
    onSettled: renew,
  });
  const choose = useMutation({
    mutationFn: () => api.patch<Scribe>('/api/scribe', { template_id: usual ? '' : template.id }),
    onSuccess: (after) => client.setQueryData(scribeQuery.queryKey, after),
    onError: (failure) => toastError(failure),
  });
  return (
    <li className="flex min-w-0 flex-col gap-3 rounded-md border border-line p-4">
      <div className="flex items-start justify-between gap-2">
        <h3 className="min-w-0 flex-1 font-medium break-words">{template.name}</h3>
        {usual ? <Badge tone="accent">Used by default</Badge> : null}
        {template.origin === 'generated' ? <Badge>Made for you</Badge> : null}
      </div>
      <p className="line-clamp-5 flex-1 text-[13px] leading-5 break-words whitespace-pre-wrap text-ink-muted">
        {template.text}
      </p>
      <Placeholders names={template.placeholders} />
      <div className="flex items-center gap-2">
        <Button size="small" aria-label={`Use: ${template.name}`} onClick={onUse}>
          Use
        </Button>
        <Menu
          trigger={
            <IconButton
              size="small"
              label={`More: ${template.name}`}
              icon={<EllipsisVertical size={16} aria-hidden="true" />}
            />
          }
        >
          <MenuItem icon={<Pencil aria-hidden="true" />} onSelect={onEdit}>
            Change
          </MenuItem>
          <MenuItem icon={<Star aria-hidden="true" />} onSelect={() => choose.mutate()}>
            {usual ? 'Not by default' : 'Use by default'}
          </MenuItem>
          <MenuItem danger icon={<Trash2 aria-hidden="true" />} onSelect={() => remove.mutate()}>
            Delete
          </MenuItem>
        </Menu>
      </div>
    </li>
  );
}

function pathOf({ id }: Template): string {
  return `/api/templates/${encodeURIComponent(id)}`;
}
