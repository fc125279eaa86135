// Settings "Follow-ups": how one is reminded, when not, the day's agenda, one's phone, and everything that is kept of one.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { Loaded, Panel } from '@/account/Panel';
import { api } from '@/api/rest';
import { Button } from '@/ui/Button';
import { Select, TextField } from '@/ui/Field';
import { toast, toastError } from '@/ui/Toast';
import { ACTIONS } from '../followups/words';
import { type Preferences, preferencesQuery, useChangePreferences } from '../preferences';

interface Phone {
  phone: string | null;
  whatsapp: string | null;
  available: boolean;
  code_until: string | null;
}
interface Code {
  message: string;
  whatsapp: string | null;
  url: string | null;
  expires_at: string;
}

const PHONE = ['account', 'phone'] as const;
const LOCALES = [
  'en-GB',
  'en-US',
  'en-AU',
  'en-CA',
  'de-DE',
  'de-AT',
  'de-CH',
  'fr-FR',
  'fr-CA',
  'fr-CH',
  'es-ES',
  'es-MX',
  'it-IT',
  'nl-NL',
  'nl-BE',
  'pt-BR',
  'pt-PT',
];

export function Reminders() {
  const preferences = useQuery(preferencesQuery);
  return (
    <div className="flex flex-col gap-4">
      <Loaded of={preferences} what="preferences">
        {(known) => (
          <>
            <Reminding known={known} />
            <Times known={known} />
          </>
        )}
      </Loaded>
      <PhonePanel />
      <Panel
        title="Your data"
        description="Your mail, files, follow-ups, preferences and their history, as a ZIP file. A large mailbox takes a while."
      >
        <a
          href="/api/account/data"
          download
          className="inline-flex h-9 items-center gap-2 rounded-md border border-line bg-surface px-4 font-medium hover:bg-hover"
        >
          <Download size={16} aria-hidden="true" /> Download everything
        </a>
      </Panel>
    </div>
  );
}

function Reminding({ known }: { known: Preferences }) {
  const { mutate } = useChangePreferences();
  const change = (wanted: Parameters<typeof mutate>[0]) =>
    mutate(wanted, { onError: (failure) => toastError(failure) });
  const locales = [...new Set([...LOCALES, known.locale])].filter(Boolean);
  return (
    <Panel title="Reminders" description="For what you do not say otherwise.">
      <div className="grid gap-4 sm:grid-cols-2">
        <Select
          label="When something is due"
          value={known.default_action || 'remind'}
          onChange={(default_action) => change({ default_action })}
          options={Object.entries(ACTIONS).map(([value, label]) => ({ value, label }))}
        />
        <Select
          label="Reminders come"
          value={known.reach_by}
          onChange={(reach_by) => change({ reach_by })}
          options={[
            { value: '', label: 'The way I asked' },
            { value: 'mail', label: 'By mail' },
            { value: 'whatsapp', label: 'By WhatsApp' },
          ]}
        />
        <Select
          label="Dates are meant as in"
          hint="Whether 3/4 is in March or April, and on which day a week begins."
          value={known.locale}
          onChange={(locale) => change({ locale })}
          options={[
            { value: '', label: 'The language I write in' },
            ...locales.map((value) => ({ value, label: nameOf(value) })),
          ]}
        />
      </div>
    </Panel>
  );
}

function nameOf(locale: string): string {
  try {
    return new Intl.DisplayNames(undefined, { type: 'language' }).of(locale) ?? locale;
  } catch {
    return locale;
  }
}

function Times({ known }: { known: Preferences }) {
  const save = useChangePreferences();
  const [from, setFrom] = useState(known.quiet_from);
  const [until, setUntil] = useState(known.quiet_until);
  const [agenda, setAgenda] = useState(known.agenda_at);
  const half = (from === '') !== (until === '');
  const same = from === known.quiet_from && until === known.quiet_until && agenda === known.agenda_at;
  return (
    <Panel
      title="Quiet hours and agenda"
      description="In your time zone. What comes due in quiet hours waits for their end."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(
            { quiet_from: from, quiet_until: until, agenda_at: agenda },
            { onSuccess: () => toast({ text: 'Saved.', lasts: 2_500 }), onError: (failure) => toastError(failure) },
          );
        }}
      >
        <div className="grid gap-4 sm:grid-cols-3">
          <TextField label="Quiet from" type="time" value={from} onChange={(event) => setFrom(event.target.value)} />
          <TextField
            label="until"
            type="time"
            value={until}
            error={half ? 'Give both, or neither.' : ''}
            onChange={(event) => setUntil(event.target.value)}
          />
          <TextField
            label="The day's agenda at"
            type="time"
            hint="Empty: none."
            value={agenda}
            onChange={(event) => setAgenda(event.target.value)}
          />
        </div>
        <div>
          <Button type="submit" busy={save.isPending} disabled={half || same}>
            Save
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function PhonePanel() {
  const client = useQueryClient();
  const phone = useQuery({ queryKey: PHONE, queryFn: () => api.get<Phone>('/api/account/phone') });
  const link = useMutation({
    mutationFn: () => api.post<Code>('/api/account/phone'),
    onError: (failure) => toastError(failure),
  });
  const unlink = useMutation({
    mutationFn: () => api.delete('/api/account/phone'),
    onSuccess: () => link.reset(), // its code is good no more
    onError: (failure) => toastError(failure),
    onSettled: () => client.invalidateQueries({ queryKey: PHONE }),
  });
  const look = async () => {
    const now = await phone.refetch();
    if (now.data && !now.data.phone) toast({ text: 'It has not come yet.' });
  };
  const found = phone.data;
  if (!found || (!found.available && !found.phone)) return null;
  return (
    <Panel title="WhatsApp" description="From a linked phone you write to the concierge by WhatsApp.">
      {found.phone ? (
        <p className="flex flex-wrap items-center gap-3">
          {found.phone}
          <Button size="small" busy={unlink.isPending} onClick={() => unlink.mutate()}>
            Unlink
          </Button>
        </p>
      ) : link.data ? (
        <div className="flex flex-col gap-3">
          <p>
            Send <strong className="select-all">{link.data.message}</strong> by WhatsApp
            {link.data.whatsapp ? ` to ${link.data.whatsapp}` : ''}, within a quarter of an hour.
          </p>
          <p className="flex flex-wrap gap-3">
            {link.data.url ? (
              <a href={link.data.url} target="_blank" rel="noreferrer" className="underline">
                Open WhatsApp
              </a>
            ) : null}
            <Button size="small" busy={phone.isFetching} onClick={() => void look()}>
              I have sent it
            </Button>
          </p>
        </div>
      ) : (
        <Button busy={link.isPending} onClick={() => link.mutate()}>
          Link a phone
        </Button>
      )}
    </Panel>
  );
}
