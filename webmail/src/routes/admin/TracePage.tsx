// What became of a message: found by its id, an address or a correlation id, told step by step.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '@/ui/Button';
import { EmptyState } from '@/ui/EmptyState';
import { TextField } from '@/ui/Field';
import { type TracedMessage, useAdmin, when } from './model';
import { Read, Section } from './parts';

export default function Page() {
  const { q = '' } = useSearch({ from: '/signed-in/admin/trace' });
  const [typed, setTyped] = useState(q);
  const navigate = useNavigate();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void navigate({ to: '/admin/trace', search: typed.trim() ? { q: typed.trim() } : {} });
  };
  return (
    <Section title="Message trace" hint="From the moment it arrived to what became of it. Never what it says.">
      <form onSubmit={submit} className="mb-6 flex items-end gap-2">
        <TextField
          label="Message-ID, address or correlation id"
          type="search"
          className="flex-1"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          spellCheck={false}
          autoCapitalize="none"
        />
        <Button look="primary" type="submit" icon={<Search aria-hidden="true" />}>
          Trace
        </Button>
      </form>
      {q ? <Found q={q} /> : null}
    </Section>
  );
}

function Found({ q }: { q: string }) {
  const query = useAdmin<{ messages: TracedMessage[] }>('trace', { q });
  const messages = query.data?.messages ?? [];
  return (
    <Read query={query}>
      {messages.length === 0 ? (
        <EmptyState title="No message matches.">Traces of mail that came are kept for 30 days.</EmptyState>
      ) : null}
      <ul className="flex flex-col gap-4">
        {messages.map((message) => (
          <li
            key={`${message.message_id} ${message.to} ${message.received_at}`}
            className="rounded-lg border border-line bg-surface p-4"
          >
            <p className="font-medium break-words">{message.subject ?? message.message_id}</p>
            <p className="mb-3 text-xs break-words text-ink-muted">
              {message.from} → {message.to} · {when(message.received_at)}
              {message.subject ? ` · ${message.message_id}` : ''}
            </p>
            <ol className="flex flex-col gap-2 border-l-2 border-line pl-4">
              {message.steps.map((step) => (
                <li key={`${step.at} ${step.stage} ${step.detail}`}>
                  <span className="font-medium">{step.stage}</span> <span className="break-words">{step.detail}</span>
                  <span className="block text-xs break-words text-ink-muted">
                    {when(step.at)}
                    {step.because ? ` · because ${step.because}` : ''}
                  </span>
                </li>
              ))}
            </ol>
          </li>
        ))}
      </ul>
    </Read>
  );
}
