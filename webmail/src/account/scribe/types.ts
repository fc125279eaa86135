// What the scribe's part of the server speaks of: mails with what they rest on, the queue, batches, templates.

export type MailStatus = 'PENDING' | 'PROCESSING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
export type Step = 'template_parser' | 'web_research' | 'papers' | 'composer';
export type TemplateType = 'RESEARCH' | 'BOOK' | 'GENERAL';
export type SentState = '' | 'drafted' | 'asked' | 'queued' | 'sent' | 'failed' | 'refused';
/** verified: a source says so; own: the writer's own words; plain: states nothing; marked: nothing supports it; edited: changed by hand. */
export type SentenceState = 'verified' | 'own' | 'plain' | 'marked' | 'edited';

export interface Evidence {
  number: number;
  quote: string;
}
export interface Sentence {
  text: string;
  paragraph: number;
  state: SentenceState;
  sources: Evidence[];
}
export interface Source {
  number: number;
  kind: 'web' | 'paper' | 'file';
  url: string;
  title: string;
  author: string;
  published: string;
  about: 'recipient' | 'other' | 'unclear';
  because: string;
  fetched_at: string | null;
}
/** A source as it was when it was read. `quotes` are places in `text`. */
export interface StoredCopy {
  number: number;
  title: string;
  url: string;
  text: string;
  quotes: { start: number; end: number; quote: string }[];
}
export interface Paper {
  title: string;
  year?: number;
  url?: string;
}
export interface Metadata {
  papers?: Paper[];
  timings?: Partial<Record<Step, number>>;
  tokens?: { input?: number; output?: number };
  cost_usd?: number;
  models?: string[];
  dropped?: { text: string; because: string }[];
  searches?: string[];
  told?: string;
}
export interface Sent {
  state: SentState;
  to: string;
  at: string | null;
  because: string;
  approval_id: string | null;
  draft_email_id: string | null;
}
/** As lists have it. */
export interface MailRow {
  id: string;
  status: MailStatus;
  current_step: Step | null;
  recipient_name: string;
  recipient_interest: string;
  recipient_email: string;
  template_type: TemplateType | '';
  language: string;
  subject: string;
  preview: string;
  is_confident: boolean;
  because: string;
  sent: Sent;
  batch_id: string | null;
  error: string;
  failed_step: Step | null;
  edited_at: string | null;
  deleted_at: string | null;
  created_at: string;
  updated_at: string;
  completed_at: string | null;
}
export interface Mail extends MailRow {
  template: string;
  template_id: string | null;
  fields: Record<string, string>;
  text: string;
  version: string; // of subject and text
  sentences: Sentence[];
  sources: Source[];
  metadata: Metadata;
}

export interface StepStanding {
  step: Step;
  state: 'waiting' | 'running' | 'done' | 'failed';
  seconds?: number | null;
}
export interface Standing {
  task_id: string;
  status: 'PENDING' | 'STARTED' | 'SUCCESS' | 'FAILURE' | 'REVOKED';
  current_step?: Step | null;
  email_id?: string | null;
  error?: string | null;
  failed_step?: Step | null;
  steps: StepStanding[];
  /** Mails before it. */
  position?: number | null;
}

export interface QueueItem {
  id: string;
  email_id: string | null;
  recipient_name: string;
  recipient_interest: string;
  recipient_email: string;
  status: MailStatus;
  current_step: Step | null;
  error_message: string | null;
  is_confident: boolean;
  sent: Sent;
  batch_id: string | null;
  position: number | null;
  started_at: string | null;
  completed_at: string | null;
  created_at: string;
}
export interface Batch {
  id: string;
  name: string;
  total: number;
  counts: Partial<Record<MailStatus, number>>;
  paused: boolean;
  cancelled_at: string | null;
  confident: number;
  sent: number;
  created_at: string;
}
export type Mapping = Record<string, number>;
/** What a table of recipients looks like. `mapping`: which column is what, by the number of the column. */
export interface Preview {
  columns: string[];
  rows: string[][];
  total: number;
  mapping: Mapping;
  fields: string[];
  problems: { row: number; because: string }[];
}
export interface BatchSent {
  queued: number;
  refused: { id: string; because: string }[];
  last_at: string | null;
}

export interface Template {
  id: string;
  name: string;
  text: string;
  origin: 'own' | 'generated';
  placeholders: string[];
  created_at: string;
  updated_at: string;
}
export interface Written {
  templates: { name: string; text: string }[];
  because: string;
}
export interface Scribe {
  onboarded: boolean;
  template_id: string | null;
  note: string;
  generated: number;
  templates: number;
  /** Whether a search service, and one for papers, is there. */
  searches: boolean;
  papers: boolean;
  /** `rules`: no model; templates are filled in and nothing is composed. */
  model: string;
  limits: { per_day: number; batch: number; sends_per_day: number; domain_per_day: number };
  left_today: { writes: number; sends: number };
}

/** A file as it is given to the server. */
export interface GivenFile {
  name: string;
  content: string;
}
export interface Wish {
  key: string;
  template?: string;
  template_id?: string;
  recipient_name: string;
  recipient_interest?: string;
  recipient_email?: string;
  fields?: Record<string, string>;
  files?: GivenFile[];
}
