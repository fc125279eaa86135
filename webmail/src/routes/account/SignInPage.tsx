// The page "Sign in": by password, by a mailed link, with a second factor where one is set up. Small on purpose.
import { useRouter } from '@tanstack/react-router';
import { MailCheck } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { landingPage, safeDestination } from '@/account/destination';
import { mailLink, type Proof, reasonOf, secondsToWait, signIn, wantsSecondFactor } from '@/account/signin/calls';
import { failureOf, finish } from '@/account/signin/elsewhere';
import { AskLinkForm, CodeForm, Elsewhere, PasswordForm, type Trouble } from '@/account/signin/forms';
import { keepSession, type Session, useMaybeSession } from '@/api/session';
import { useTitle } from '@/shell/PageFrame';
import { Button } from '@/ui/Button';
import { signInRoute } from './routes';

type Step =
  | { name: 'password' }
  | { name: 'ask-link' }
  | { name: 'link-sent' }
  | { name: 'redeem'; token: string }
  | { name: 'code'; proof: Proof | 'elsewhere'; back: Step };

const TITLES: Record<Step['name'], string> = {
  password: 'Sign in',
  'ask-link': 'Sign in by mail',
  'link-sent': 'Look into your mail',
  redeem: 'Sign in',
  code: 'Second factor',
};

export default function SignInPage() {
  const { next, error, code } = signInRoute.useSearch();
  const session = useMaybeSession();
  const router = useRouter();
  const [step, setStep] = useState<Step>(() => firstStep(code));
  const [email, setEmail] = useState('');
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(() => {
    const text = failureOf(error);
    return text === null ? null : { text, wait: null };
  });
  useTitle(TITLES[step.name]);

  // A mailed link that is opened in this very tab changes nothing but the fragment.
  useEffect(() => {
    const look = () => window.location.hash && setStep(firstStep(undefined));
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, []);

  // The token must not stay in the address bar and the history of a shared browser.
  useEffect(() => {
    if (window.location.hash)
      window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search);
  }, []);

  useEffect(() => {
    if (session && step.name !== 'redeem') router.history.replace(landingPage(session.user, wanted(next)));
  }, [session, step.name, next, router]);

  function go(to: Step) {
    setTrouble(null);
    setStep(to);
  }

  async function attempt(what: 'password' | 'code' | 'link', work: () => Promise<void>) {
    setBusy(true);
    setTrouble(null);
    try {
      await work();
    } catch (failure) {
      const wait = secondsToWait(failure);
      setTrouble({ text: wait === null ? reasonOf(failure, what) : 'Too many attempts. Wait a little.', wait });
    } finally {
      setBusy(false);
    }
  }

  function arrive(opened: Session) {
    keepSession(opened);
    router.history.replace(landingPage(opened.user, wanted(next)));
  }

  async function complete(given: string, proof: Proof | 'elsewhere') {
    arrive(proof === 'elsewhere' ? await finish(given) : await signIn(proof, given));
  }

  async function prove(proof: Proof, back: Step) {
    try {
      arrive(await signIn(proof));
    } catch (failure) {
      if (!wantsSecondFactor(failure)) throw failure;
      go({ name: 'code', proof, back });
    }
  }

  return (
    <Card title={TITLES[step.name]}>
      {step.name === 'password' ? (
        <>
          <PasswordForm
            busy={busy}
            trouble={trouble}
            email={email}
            onEmail={setEmail}
            onSubmit={(password, remember) =>
              void attempt('password', () => prove({ email: email.trim(), password, remember }, step))
            }
            onLink={() => go({ name: 'ask-link' })}
          />
          <Elsewhere email={email} next={safeDestination(wanted(next))} />
        </>
      ) : step.name === 'code' ? (
        <CodeForm
          busy={busy}
          trouble={trouble}
          onSubmit={(given) => void attempt('code', () => complete(given, step.proof))}
          onBack={() => go(step.back)}
        />
      ) : step.name === 'ask-link' ? (
        <AskLinkForm
          busy={busy}
          trouble={trouble}
          email={email}
          onEmail={setEmail}
          onSubmit={() => void attempt('password', () => mailLink(email).then(() => go({ name: 'link-sent' })))}
          onBack={() => go({ name: 'password' })}
        />
      ) : step.name === 'link-sent' ? (
        <div className="flex flex-col gap-4" role="status">
          <MailCheck size={40} strokeWidth={1.25} className="text-accent" aria-hidden="true" />
          <p>
            If <strong className="break-all">{email}</strong> can sign in here, a link is on its way. It works once, for
            15 minutes.
          </p>
          <Button onClick={() => go({ name: 'password' })}>Back</Button>
        </div>
      ) : (
        <div className="flex flex-col gap-4">
          {trouble ? (
            <>
              <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-danger">
                {trouble.text}
              </p>
              <Button look="primary" size="large" onClick={() => go({ name: 'ask-link' })}>
                Mail me a new link
              </Button>
              <Button look="quiet" onClick={() => go({ name: 'password' })}>
                Sign in with a password
              </Button>
            </>
          ) : (
            <>
              <p className="text-ink-muted">You opened a sign-in link. It signs you in on this device, once.</p>
              <Button
                look="primary"
                size="large"
                busy={busy}
                onClick={() => void attempt('link', () => prove({ token: step.token }, { name: 'ask-link' }))}
              >
                Continue
              </Button>
            </>
          )}
        </div>
      )}
    </Card>
  );
}

/** The router's own addresses have no /app in front. */
function wanted(next: string | undefined): string | undefined {
  return next === undefined || /^\/app(?:[/?#]|$)/.test(next) ? next : `/app${next}`;
}

function firstStep(code: string | undefined): Step {
  // Somebody came back from a provider, and has a second factor here.
  if (code === 'wanted') return { name: 'code', proof: 'elsewhere', back: { name: 'password' } };
  const token = new URLSearchParams(window.location.hash.slice(1)).get('link');
  return token ? { name: 'redeem', token } : { name: 'password' };
}

function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="flex min-h-full flex-col items-center justify-center gap-6 p-4">
      <img src="/app/icon.svg" alt="" width={40} height={40} />
      <div className="w-full max-w-sm rounded-lg border border-line bg-surface p-6 sm:p-8">
        <h1 className="mb-6 text-xl font-semibold tracking-tight">{title}</h1>
        {children}
      </div>
      <a href="/" className="text-ink-muted underline-offset-2 hover:underline">
        What Mailwright is
      </a>
    </main>
  );
}
