// The conversation of the address, in the account of the list beside it.
import { useParams } from '@tanstack/react-router';
import { ConversationView } from './ConversationView';
import { useControl } from './control';

export default function ConversationPage() {
  const { thread } = useParams({ strict: false });
  const { list } = useControl();
  return thread ? <ConversationView key={thread} accountId={list.accountId} threadId={thread} /> : null;
}
