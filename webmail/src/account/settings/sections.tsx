// The sections of the settings, in the order of the list at the side. Guests see those that need no mailbox.
import {
  AlarmClockCheck,
  Bell,
  CalendarClock,
  KeyRound,
  Palmtree,
  PenLine,
  ShieldCheck,
  SlidersHorizontal,
} from 'lucide-react';
import type { ComponentType, ReactNode } from 'react';
import { AppPasswords } from './AppPasswords';
import { General } from './General';
import { Identities } from './Identities';
import { PushNotifications } from './PushNotifications';
import { Reminders } from './Reminders';
import { ScheduledMail } from './ScheduledMail';
import { Security } from './Security';
import { Vacation } from './Vacation';

export interface Section {
  id: string;
  label: string;
  icon: ReactNode;
  needsMailbox: boolean;
  Content: ComponentType;
}

export const SECTIONS: readonly Section[] = [
  { id: 'general', label: 'General', icon: <SlidersHorizontal />, needsMailbox: false, Content: General },
  { id: 'follow-ups', label: 'Follow-ups', icon: <AlarmClockCheck />, needsMailbox: false, Content: Reminders },
  { id: 'identities', label: 'Identities', icon: <PenLine />, needsMailbox: true, Content: Identities },
  { id: 'away', label: 'Away', icon: <Palmtree />, needsMailbox: true, Content: Vacation },
  { id: 'scheduled', label: 'Scheduled', icon: <CalendarClock />, needsMailbox: true, Content: ScheduledMail },
  { id: 'notifications', label: 'Notifications', icon: <Bell />, needsMailbox: true, Content: PushNotifications },
  { id: 'security', label: 'Security', icon: <ShieldCheck />, needsMailbox: false, Content: Security },
  { id: 'mail-programs', label: 'Mail programs', icon: <KeyRound />, needsMailbox: true, Content: AppPasswords },
];
