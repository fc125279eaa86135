// The second factor: set up with a QR code, confirmed with a first code, recovery codes shown once, turned off with both.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ShieldCheck } from 'lucide-react';
import { type FormEvent, useEffect, useId, useState } from 'react';
import { Loaded, Panel } from '@/account/Panel';
import { ApiError, api } from '@/api/rest';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { toast } from '@/ui/Toast';
import { copyText } from '../copy';
import { tidyCode } from '../signin/calls';

interface State {
  enabled: boolean;
  recovery_codes_left: number;
}
interface Secret {
  secret: string;
  uri: string;
  qr_svg: string;
}

const FEW = 3; // recovery codes: time to make new ones
const KEY = ['account', 'totp'];

export function SecondFactor() {
  const state = useQuery({ queryKey: KEY, queryFn: () => api.get<State>('/api/account/totp') });
  const [dialog, setDialog] = useState<'set-up' | 'off' | null>(null);
  return (
    <Panel
      title="Second factor"
      description="A code from your phone besides the password. Whoever learns the password alone cannot sign in."
    >
      <Loaded of={state} what="second factor">
        {({ enabled, recovery_codes_left: left }) => (
          <div className="flex flex-wrap items-center gap-4">
            <Badge tone={enabled ? 'success' : 'neutral'}>{enabled ? 'On' : 'Off'}</Badge>
            {enabled ? (
              <p className={`flex-1 ${left < FEW ? 'text-warning' : 'text-ink-muted'}`}>
                {left} recovery {left === 1 ? 'code' : 'codes'} left.
                {left < FEW ? ' Turn it off and on again for new ones.' : ''}
              </p>
            ) : (
              <span className="flex-1" />
            )}
            <Button look={enabled ? 'danger' : 'primary'} onClick={() => setDialog(enabled ? 'off' : 'set-up')}>
              {enabled ? 'Turn off' : 'Set up'}
            </Button>
          </div>
        )}
      </Loaded>
      {dialog === 'set-up' ? <SetUp onClose={() => setDialog(null)} /> : null}
      {dialog === 'off' ? <TurnOff onClose={() => setDialog(null)} /> : null}
    </Panel>
  );
}

function SetUp({ onClose }: { onClose: () => void }) {
  const form = useId();
  const client = useQueryClient();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const begin = useMutation({ mutationFn: () => api.post<Secret>('/api/account/totp', { password }) });
  const confirm = useMutation({
    mutationFn: () => api.post<{ recovery_codes: string[] }>('/api/account/totp/confirm', { code: tidyCode(code) }),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
  const secret = begin.data;
  const codes = confirm.data?.recovery_codes;
  function submit(event: FormEvent) {
    event.preventDefault();
    if (secret) confirm.mutate();
    else begin.mutate();
  }
  if (codes) return <RecoveryCodes codes={codes} onClose={onClose} />;
  return (
    <Dialog
      open
      onClose={onClose}
      title="Set up a second factor"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} look="primary" busy={begin.isPending || confirm.isPending}>
            {secret ? 'Turn on' : 'Continue'}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-4">
        {secret ? (
          <>
            <p>Scan this with an authenticator app, then type the six digits it shows.</p>
            <QrCode svg={secret.qr_svg} />
            <div className="flex flex-wrap items-center gap-2">
              <span className="text-ink-muted">Or type this key:</span>
              <code className="rounded bg-sunken px-2 py-1 font-mono break-all">
                {secret.secret.match(/.{1,4}/g)?.join(' ')}
              </code>
              <Button size="small" look="quiet" onClick={() => void copyText(secret.secret, 'Key copied')}>
                Copy
              </Button>
            </div>
            <TextField
              autoFocus
              label="Code"
              autoComplete="one-time-code"
              inputMode="numeric"
              maxLength={7}
              required
              value={code}
              error={
                confirm.isError
                  ? reason(confirm.error, 'This code does not fit. Check the clock of your phone.')
                  : undefined
              }
              onChange={(event) => setCode(event.target.value)}
            />
          </>
        ) : (
          <TextField
            label="Your password"
            type="password"
            autoComplete="current-password"
            required
            value={password}
            error={begin.isError ? reason(begin.error, 'This is not your password.') : undefined}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </form>
    </Dialog>
  );
}

/** An image element: the page's policy lets no markup from elsewhere in, and pictures of `blob:` addresses. */
function QrCode({ svg }: { svg: string }) {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    const whole = svg.includes('xmlns=') ? svg : svg.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"');
    const made = URL.createObjectURL(new Blob([whole], { type: 'image/svg+xml' }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [svg]);
  return (
    <div className="flex size-52 items-center justify-center self-center rounded-md border border-line bg-white p-2">
      {address ? <img src={address} alt="QR code of the key below" className="size-full" /> : null}
    </div>
  );
}

function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const all = codes.join('\n');
  const save = () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([`${all}\n`], { type: 'text/plain' }));
    link.download = 'recovery-codes.txt';
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Keep these recovery codes"
      description="Each signs you in once when you do not have your phone. They are not shown again."
      footer={
        <>
          <Button onClick={() => void copyText(all, 'Codes copied')}>Copy</Button>
          <Button onClick={save}>Save as a file</Button>
          <Button look="primary" onClick={onClose}>
            I have kept them
          </Button>
        </>
      }
    >
      <p className="mb-4 flex items-center gap-2 text-success">
        <ShieldCheck size={18} aria-hidden="true" /> The second factor is on.
      </p>
      <ul className="grid grid-cols-2 gap-2 rounded-md bg-sunken p-4 font-mono">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
    </Dialog>
  );
}

function TurnOff({ onClose }: { onClose: () => void }) {
  const form = useId();
  const client = useQueryClient();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const off = useMutation({
    mutationFn: () => api.post('/api/account/totp/disable', { password, code: tidyCode(code) }),
    onSuccess: () => {
      toast({ text: 'The second factor is off.' });
      onClose();
      return client.invalidateQueries({ queryKey: KEY });
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Turn the second factor off?"
      description="The password alone will sign in."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} look="danger" busy={off.isPending}>
            Turn off
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          off.mutate();
        }}
      >
        <TextField
          label="Your password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <TextField
          label="Code, or a recovery code"
          autoComplete="one-time-code"
          required
          value={code}
          error={off.isError ? reason(off.error, 'The password or the code is not right.') : undefined}
          onChange={(event) => setCode(event.target.value)}
        />
      </form>
    </Dialog>
  );
}

function reason(failure: Error, whenDenied: string): string {
  return failure instanceof ApiError && failure.status === 401 ? whenDenied : failure.message;
}
