// The methods of JMAP with what they take and give (RFC 8620 §5, RFC 8621), by name.
import type {
  Comparator,
  Email,
  EmailFilter,
  EmailSubmission,
  Id,
  Identity,
  Keywords,
  Mailbox,
  PushSubscription,
  SearchSnippet,
  Thread,
  VacationResponse,
} from './types';

export interface GetArguments {
  accountId: Id;
  ids?: Id[] | null;
  properties?: string[];
}
export interface GetResult<T> {
  accountId: Id;
  state: string;
  list: T[];
  notFound: Id[];
}
export interface ChangesArguments {
  accountId: Id;
  sinceState: string;
  maxChanges?: number;
}
export interface ChangesResult {
  accountId: Id;
  oldState: string;
  newState: string;
  hasMoreChanges: boolean;
  created: Id[];
  updated: Id[];
  destroyed: Id[];
}
export interface SetError {
  type: string;
  description?: string;
  properties?: string[];
}
export interface SetArguments {
  accountId: Id;
  ifInState?: string;
  create?: Record<string, Record<string, unknown>>;
  update?: Record<Id, Record<string, unknown>>;
  destroy?: Id[];
}
export interface SetResult<T> {
  accountId: Id;
  oldState: string | null;
  newState: string;
  created: Record<string, Partial<T> & { id: Id }> | null;
  updated: Record<Id, Partial<T> | null> | null;
  destroyed: Id[] | null;
  notCreated: Record<string, SetError> | null;
  notUpdated: Record<Id, SetError> | null;
  notDestroyed: Record<Id, SetError> | null;
}
export interface QueryArguments {
  accountId: Id;
  filter?: EmailFilter | null;
  sort?: Comparator[];
  position?: number;
  anchor?: Id;
  anchorOffset?: number;
  limit?: number;
  calculateTotal?: boolean;
  collapseThreads?: boolean;
}
export interface QueryResult {
  accountId: Id;
  queryState: string;
  canCalculateChanges: boolean;
  position: number;
  ids: Id[];
  total?: number;
  limit?: number;
}
export interface EmailGetArguments extends GetArguments {
  bodyProperties?: string[];
  fetchTextBodyValues?: boolean;
  fetchHTMLBodyValues?: boolean;
  fetchAllBodyValues?: boolean;
  maxBodyValueBytes?: number;
}

interface Method<Arguments, Result> {
  arguments: Arguments;
  result: Result;
}
export interface Methods {
  'Core/echo': Method<Record<string, unknown>, Record<string, unknown>>;
  'Mailbox/get': Method<GetArguments, GetResult<Mailbox>>;
  'Mailbox/changes': Method<ChangesArguments, ChangesResult & { updatedProperties: string[] | null }>;
  'Mailbox/set': Method<SetArguments & { onDestroyRemoveEmails?: boolean }, SetResult<Mailbox>>;
  'Thread/get': Method<GetArguments, GetResult<Thread>>;
  'Thread/changes': Method<ChangesArguments, ChangesResult>;
  'Email/get': Method<EmailGetArguments, GetResult<Email>>;
  'Email/changes': Method<ChangesArguments, ChangesResult>;
  'Email/query': Method<QueryArguments, QueryResult>;
  'Email/set': Method<SetArguments, SetResult<Email>>;
  'Email/import': Method<
    { accountId: Id; emails: Record<string, { blobId: Id; mailboxIds: Record<Id, true>; keywords?: Keywords }> },
    Pick<SetResult<Email>, 'accountId' | 'oldState' | 'newState' | 'created' | 'notCreated'>
  >;
  'SearchSnippet/get': Method<
    { accountId: Id; filter?: EmailFilter | null; emailIds?: Id[] },
    { accountId: Id; list: SearchSnippet[]; notFound: Id[] | null }
  >;
  'Identity/get': Method<GetArguments, GetResult<Identity>>;
  'Identity/set': Method<SetArguments, SetResult<Identity>>;
  'EmailSubmission/get': Method<GetArguments, GetResult<EmailSubmission>>;
  'EmailSubmission/query': Method<
    { accountId: Id; filter?: Record<string, unknown> | null; sort?: Comparator[]; limit?: number },
    QueryResult
  >;
  'EmailSubmission/set': Method<
    SetArguments & {
      onSuccessUpdateEmail?: Record<string, Record<string, unknown>>;
      onSuccessDestroyEmail?: string[];
    },
    SetResult<EmailSubmission>
  >;
  'VacationResponse/get': Method<GetArguments, GetResult<VacationResponse>>;
  'VacationResponse/set': Method<SetArguments, SetResult<VacationResponse>>;
  'PushSubscription/get': Method<Omit<GetArguments, 'accountId'>, { list: PushSubscription[]; notFound: Id[] }>;
  'PushSubscription/set': Method<
    Omit<SetArguments, 'accountId' | 'ifInState'>,
    Omit<SetResult<PushSubscription>, 'accountId' | 'oldState' | 'newState'>
  >;
}
export type MethodName = keyof Methods;
