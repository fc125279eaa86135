// The menu behind one's initials: other pages, the theme, signing out.
import { Link } from '@tanstack/react-router';
import { AlarmClockCheck, Bot, Feather, Gauge, LogOut, Mail, Settings, ShieldCheck, Sparkles } from 'lucide-react';
import { mayAdminister, signOut, useSession } from '@/api/session';
import { setTheme, useTheme } from '@/theme';
import { Avatar } from '@/ui/Avatar';
import { Menu, MenuItem, MenuLabel, MenuRadioGroup, MenuSeparator } from '@/ui/Menu';

const LINK =
  'flex min-h-8 items-center gap-2 rounded px-2 py-1 outline-none data-[highlighted]:bg-hover [&_svg]:size-4 [&_svg]:text-ink-muted';

export function AccountMenu() {
  const { user } = useSession();
  const theme = useTheme();
  return (
    <Menu
      align="end"
      trigger={
        <button
          type="button"
          aria-label={`Account of ${user.email}`}
          className="shrink-0 rounded-full p-1 hover:bg-hover"
        >
          <Avatar name={user.name || user.email} address={user.email} />
        </button>
      }
    >
      <div className="px-2 py-2">
        <div className="font-medium">{user.name || user.email}</div>
        <div className="text-xs text-ink-muted">{user.email}</div>
      </div>
      <MenuSeparator />
      {user.has_mailbox ? (
        <MenuItem asChild>
          <Link to="/mail/$mailbox" params={{ mailbox: 'inbox' }} className={LINK}>
            <Mail aria-hidden="true" /> Mail
          </Link>
        </MenuItem>
      ) : null}
      <MenuItem asChild>
        <Link to="/dashboard" className={LINK}>
          <Gauge aria-hidden="true" /> Dashboard
        </Link>
      </MenuItem>
      <MenuItem asChild>
        <Link to="/assistant" className={LINK}>
          <Sparkles aria-hidden="true" /> Assistant
        </Link>
      </MenuItem>
      <MenuItem asChild>
        <Link to="/followups" className={LINK}>
          <AlarmClockCheck aria-hidden="true" /> Follow-ups
        </Link>
      </MenuItem>
      <MenuItem asChild>
        <Link to="/scribe" className={LINK}>
          <Feather aria-hidden="true" /> Scribe
        </Link>
      </MenuItem>
      <MenuItem asChild>
        <Link to="/agents" className={LINK}>
          <Bot aria-hidden="true" /> Agents
        </Link>
      </MenuItem>
      <MenuItem asChild>
        <Link to="/settings" className={LINK}>
          <Settings aria-hidden="true" /> Settings
        </Link>
      </MenuItem>
      {mayAdminister(user) ? (
        <MenuItem asChild>
          <Link to="/admin" className={LINK}>
            <ShieldCheck aria-hidden="true" /> Administration
          </Link>
        </MenuItem>
      ) : null}
      <MenuSeparator />
      <MenuLabel>Theme</MenuLabel>
      <MenuRadioGroup
        value={theme}
        onChange={setTheme}
        options={[
          { value: 'system', label: 'As the system' },
          { value: 'light', label: 'Light' },
          { value: 'dark', label: 'Dark' },
        ]}
      />
      <MenuSeparator />
      <MenuItem icon={<LogOut aria-hidden="true" />} onSelect={() => void signOut()}>
        Sign out
      </MenuItem>
    </Menu>
  );
}
