// Adding an identity provider, and changing what is believed of one.
import { type FormEvent, useState } from 'react';
import { Button } from '@/ui/Button';
import { Checkbox } from '@/ui/Checkbox';
import { Dialog } from '@/ui/Dialog';
import { Select, TextArea, TextField } from '@/ui/Field';
import { type IdentityProvider, type Tenant, useAdmin, useChange } from './model';
import { linesOf, rolesOf } from './roles';

export function ProviderDialog({ one, onClose }: { one?: IdentityProvider; onClose: () => void }) {
  const [form, setForm] = useState({
    name: one?.name ?? '',
    issuer: one?.issuer ?? '',
    client_id: one?.client_id ?? '',
    client_secret: '',
    audience: one?.audience ?? '',
    scopes: one?.scopes ?? 'openid profile email',
    roles_claim: one?.roles_claim ?? '',
    roles: linesOf(one?.roles ?? {}),
    adds_users: one?.adds_users ?? false,
    trusts_mail: one?.trusts_mail ?? false,
    signs_out: one?.signs_out ?? true,
    tenant: '',
  });
  const [problem, setProblem] = useState('');
  const change = useChange(onClose);
  const set = (part: Partial<typeof form>) => setForm((before) => ({ ...before, ...part }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const roles = rolesOf(form.roles);
    if (roles === null) return setProblem('Each line is a role there, =, and admin, support or user.');
    setProblem('');
    const { issuer, tenant, client_secret, ...rest } = form;
    const secret = client_secret ? { client_secret } : {};
    const body = { ...rest, ...secret, roles };
    change.mutate(
      one
        ? { method: 'patch', path: `providers/${one.id}`, body, done: `${form.name} was changed.` }
        : {
            method: 'post',
            path: 'providers',
            body: { ...body, issuer: issuer.trim(), ...(tenant ? { tenant } : {}) },
            done: `${form.name} was added. Check tells what it must know of us.`,
          },
    );
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={one ? `Edit ${one.name}` : 'Add a provider'}
      description="Any OpenID Connect provider: Keycloak, Entra, Google, Authentik and others."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="provider" busy={change.isPending}>
            {one ? 'Save' : 'Add'}
          </Button>
        </>
      }
    >
      <form id="provider" onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Name"
          hint="The button says: Sign in with …"
          value={form.name}
          maxLength={100}
          onChange={(event) => set({ name: event.target.value })}
          required
        />
        {one ? null : (
          <>
            <TextField
              label="Issuer"
              hint="Exactly as its tokens name it."
              placeholder="https://login.example.org/realms/people"
              value={form.issuer}
              onChange={(event) => set({ issuer: event.target.value })}
              spellCheck={false}
              required
            />
            <TenantField value={form.tenant} onChange={(tenant) => set({ tenant })} />
          </>
        )}
        <TextField
          label="Client id"
          value={form.client_id}
          onChange={(event) => set({ client_id: event.target.value })}
          spellCheck={false}
          required
        />
        <TextField
          label="Client secret"
          type="password"
          autoComplete="off"
          hint={one?.has_secret ? 'It has one. Leave this empty to keep it.' : 'A public client has none.'}
          value={form.client_secret}
          onChange={(event) => set({ client_secret: event.target.value })}
        />
        <TextField
          label="Audience of tokens"
          hint="For programs that come with tokens. The client id when empty."
          value={form.audience}
          onChange={(event) => set({ audience: event.target.value })}
          spellCheck={false}
        />
        <TextField
          label="Scopes"
          value={form.scopes}
          onChange={(event) => set({ scopes: event.target.value })}
          spellCheck={false}
          required
        />
        <TextField
          label="Where tokens have roles"
          placeholder="realm_access.roles"
          value={form.roles_claim}
          onChange={(event) => set({ roles_claim: event.target.value })}
          spellCheck={false}
        />
        <TextArea
          label="Roles"
          hint="One a line, like: mail-admin = admin. Without any, roles stay as they are here."
          rows={3}
          value={form.roles}
          onChange={(event) => set({ roles: event.target.value })}
          {...(problem ? { error: problem } : {})}
        />
        <Checkbox
          label="Let in people nobody has added"
          checked={form.adds_users}
          onChange={(event) => set({ adds_users: event.target.checked })}
        />
        <Checkbox
          label="Believe addresses that are not said to be verified"
          checked={form.trusts_mail}
          onChange={(event) => set({ trusts_mail: event.target.checked })}
        />
        <Checkbox
          label="Who signs out here signs out there, too"
          checked={form.signs_out}
          onChange={(event) => set({ signs_out: event.target.checked })}
        />
      </form>
    </Dialog>
  );
}

function TenantField({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const tenants = useAdmin<{ tenants: Tenant[] }>('tenants').data?.tenants ?? [];
  return (
    <Select
      label="Tenant"
      value={value}
      onChange={onChange}
      options={[
        { value: '', label: 'Your own' },
        ...tenants.map((tenant) => ({ value: tenant.name, label: tenant.name })),
      ]}
    />
  );
}
