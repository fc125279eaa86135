// The forms of the sign-in page: password, second factor, asking for a link. Each says what is wrong beside its field.
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useOffer, wayTo } from '@/account/signin/elsewhere';
import { Button } from '@/ui/Button';
import { Checkbox } from '@/ui/Checkbox';
import { TextField } from '@/ui/Field';

/** A failure as the forms show it; `wait` holds the button back for so many seconds. */
export interface Trouble {
  text: string;
  wait: number | null;
}

interface FormProps {
  busy: boolean;
  trouble: Trouble | null;
}

export function PasswordForm({
  busy,
  trouble,
  email,
  onEmail,
  onSubmit,
  onLink,
}: FormProps & {
  email: string;
  onEmail: (email: string) => void;
  onSubmit: (password: string, remember: boolean) => void;
  onLink: () => void;
}) {
  const [password, setPassword] = useState('');
  const [remember, setRemember] = useState(false);
  return (
    <form className="flex flex-col gap-4" onSubmit={when(() => onSubmit(password, remember))}>
      <EmailField email={email} onEmail={onEmail} />
      <TextField
        label="Password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Checkbox label="Keep me signed in" checked={remember} onChange={(event) => setRemember(event.target.checked)} />
      <Problem trouble={trouble} />
      <Submit busy={busy} trouble={trouble}>
        Sign in
      </Submit>
      <Button look="quiet" onClick={onLink}>
        Mail me a sign-in link
      </Button>
    </form>
  );
}

export function CodeForm({
  busy,
  trouble,
  onSubmit,
  onBack,
}: FormProps & { onSubmit: (code: string) => void; onBack: () => void }) {
  const [code, setCode] = useState('');
  const [recovery, setRecovery] = useState(false);
  const field = useFocus<HTMLInputElement>(recovery);
  return (
    <form className="flex flex-col gap-4" onSubmit={when(() => onSubmit(code))}>
      <TextField
        key={recovery ? 'recovery' : 'totp'}
        ref={field}
        label={recovery ? 'Recovery code' : 'Code'}
        hint={
          recovery
            ? 'One of the codes you kept when you set up the second factor. Each works once.'
            : 'The six digits your authenticator app shows now.'
        }
        required
        autoComplete="one-time-code"
        {...(recovery ? {} : { inputMode: 'numeric' as const, maxLength: 7 })}
        spellCheck={false}
        value={code}
        onChange={(event) => setCode(event.target.value)}
      />
      <Problem trouble={trouble} />
      <Submit busy={busy} trouble={trouble}>
        Continue
      </Submit>
      <div className="flex flex-wrap justify-between gap-2">
        <Button look="quiet" size="small" onClick={onBack}>
          Back
        </Button>
        <Button
          look="quiet"
          size="small"
          onClick={() => {
            setCode('');
            setRecovery(!recovery);
          }}
        >
          {recovery ? 'Use the authenticator' : 'Use a recovery code'}
        </Button>
      </div>
    </form>
  );
}

export function AskLinkForm({
  busy,
  trouble,
  email,
  onEmail,
  onSubmit,
  onBack,
}: FormProps & { email: string; onEmail: (email: string) => void; onSubmit: () => void; onBack: () => void }) {
  return (
    <form className="flex flex-col gap-4" onSubmit={when(onSubmit)}>
      <EmailField email={email} onEmail={onEmail} />
      <Problem trouble={trouble} />
      <Submit busy={busy} trouble={trouble}>
        Mail me a link
      </Submit>
      <Button look="quiet" onClick={onBack}>
        Sign in with a password
      </Button>
    </form>
  );
}

/** The providers elsewhere that may be signed in at, below the form; nothing where there is none. */
export function Elsewhere({ email, next }: { email: string; next: string }) {
  const { providers, more } = useOffer(email);
  if (providers.length === 0 && !more) return null;
  return (
    <section aria-label="Sign in elsewhere" className="mt-4 flex flex-col gap-3">
      <p className="flex items-center gap-3 text-ink-muted before:h-px before:grow before:bg-line after:h-px after:grow after:bg-line">
        or
      </p>
      {providers.map((provider) => (
        <Button
          key={provider.id}
          size="large"
          className="h-auto min-h-11 whitespace-normal py-2 break-words"
          onClick={() => window.location.assign(wayTo(provider, next, email))}
        >
          Sign in with {provider.name}
        </Button>
      ))}
      {more ? (
        <p className="text-sm text-ink-muted">Type your address to see where people of your domain sign in.</p>
      ) : null}
    </section>
  );
}

function EmailField({ email, onEmail }: { email: string; onEmail: (email: string) => void }) {
  const field = useFocus<HTMLInputElement>(true);
  return (
    <TextField
      ref={field}
      label="E-mail address"
      type="email"
      autoComplete="username"
      required
      value={email}
      onChange={(event) => onEmail(event.target.value)}
    />
  );
}

function Problem({ trouble }: { trouble: Trouble | null }) {
  return (
    <p role="alert" className={trouble ? 'rounded-md bg-danger-soft px-3 py-2 text-danger' : 'sr-only'}>
      {trouble?.text}
    </p>
  );
}

function Submit({ busy, trouble, children }: FormProps & { children: ReactNode }) {
  const left = useSecondsLeft(trouble);
  return (
    <Button type="submit" look="primary" size="large" busy={busy} disabled={left > 0}>
      {left > 0 ? `Try again in ${left} s` : children}
    </Button>
  );
}

function useSecondsLeft(trouble: Trouble | null): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const until = Date.now() + (trouble?.wait ?? 0) * 1_000;
    const tick = () => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1_000)));
    tick();
    if (!trouble?.wait) return;
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [trouble]);
  return left;
}

/** The field a form begins with has the focus when the form appears (and when `again` changes). */
function useFocus<T extends HTMLElement>(again: unknown) {
  const field = useRef<T>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `again` names the moment, its value does not matter
  useEffect(() => field.current?.focus(), [again]);
  return field;
}

function when(submit: () => void) {
  return (event: FormEvent) => {
    event.preventDefault();
    submit();
  };
}
