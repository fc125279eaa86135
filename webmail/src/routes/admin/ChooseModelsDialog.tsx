// Letting other models serve a purpose: their names in order. What the server says against one stands at its field.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { ApiError, api } from '@/api/rest';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { IconButton } from '@/ui/IconButton';
import { toast, toastError } from '@/ui/Toast';
import type { ModelsOverview, ServingModels } from './model';

const MOST = 10; // of one purpose, as the server says

interface Line {
  key: number;
  name: string;
}

export function ChooseModelsDialog({ serving, onClose }: { serving: ServingModels; onClose: () => void }) {
  const client = useQueryClient();
  const [lines, setLines] = useState<Line[]>(serving.models.map((name, key) => ({ key, name })));
  const [nextKey, setNextKey] = useState(lines.length);
  const names = lines.map(({ name }) => name.trim());
  const choose = useMutation({
    mutationFn: () =>
      api.put<ModelsOverview>(`/api/admin/models/${serving.purpose}`, { models: names.filter(Boolean) }),
    onSuccess: () => {
      toast({ text: `Other models serve ${serving.purpose} now.` });
      onClose();
    },
    onError: (failure) => {
      if (!(failure instanceof ApiError && failure.status === 400)) toastError(failure);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['admin'] }),
  });
  const said = choose.error instanceof ApiError && choose.error.status === 400 ? choose.error.message : '';
  const at = said ? wrongLine(names, said) : -1;
  const change = (next: Line[]) => {
    choose.reset();
    setLines(next);
  };
  const swap = (one: number, other: number) => {
    const next = [...lines];
    const [first, second] = [next[one], next[other]];
    if (!first || !second) return;
    next[one] = second;
    next[other] = first;
    change(next);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    choose.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Models that serve ${serving.purpose}`}
      description="The first is asked first. Each of the others waits for the one before it to fail."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form="models"
            busy={choose.isPending}
            disabled={names.every((name) => !name)}
          >
            Change models
          </Button>
        </>
      }
    >
      <form id="models" onSubmit={submit} className="flex flex-col gap-3">
        <ol className="flex flex-col gap-2">
          {lines.map((line, index) => (
            <li key={line.key} className="flex items-start gap-1">
              <TextField
                label={`Model ${index + 1}`}
                hideLabel
                className="min-w-0 flex-1"
                placeholder="provider:model"
                maxLength={200}
                autoComplete="off"
                spellCheck={false}
                value={line.name}
                error={index === at ? asTyped(line.name.trim(), said) : undefined}
                onChange={(event) =>
                  change(lines.map((each) => (each === line ? { ...line, name: event.target.value } : each)))
                }
              />
              <IconButton
                label={`Move model ${index + 1} up`}
                icon={<ArrowUp aria-hidden="true" />}
                disabled={index === 0}
                onClick={() => swap(index, index - 1)}
              />
              <IconButton
                label={`Move model ${index + 1} down`}
                icon={<ArrowDown aria-hidden="true" />}
                disabled={index === lines.length - 1}
                onClick={() => swap(index, index + 1)}
              />
              <IconButton
                label={`Remove model ${index + 1}`}
                icon={<Trash2 aria-hidden="true" />}
                disabled={lines.length === 1}
                onClick={() => change(lines.filter((each) => each !== line))}
              />
            </li>
          ))}
        </ol>
        {said && at < 0 ? (
          <p role="alert" className="text-danger">
            {said}
          </p>
        ) : null}
        <div className="flex flex-wrap items-center justify-between gap-2">
          <Button
            size="small"
            icon={<Plus aria-hidden="true" />}
            disabled={lines.length >= MOST}
            onClick={() => {
              change([...lines, { key: nextKey, name: '' }]);
              setNextKey(nextKey + 1);
            }}
          >
            Add another
          </Button>
          <p className="text-xs text-ink-muted">
            Such as <code>anthropic:claude-sonnet-4-5</code>, or <code>rules</code> for the built-in one.
          </p>
        </div>
      </form>
    </Dialog>
  );
}

/** A reason that begins with the name: with the name's own first letter, which the sentence made a capital. */
function asTyped(name: string, said: string): string {
  return said.toLowerCase().startsWith(name.toLowerCase()) ? name + said.slice(name.length) : said;
}

/** The line whose name the server speaks of: it begins with it, as typed or in marks. -1: none. */
function wrongLine(names: string[], said: string): number {
  const lower = said.toLowerCase(); // the reason is a sentence: its first letter is a capital
  return names.findIndex(
    (name) => name && [`${name}:`, `'${name}'`].some((each) => lower.startsWith(each.toLowerCase())),
  );
}
