// Saying what a mail really is: one click, remembered, and taken back with another.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '@/api/rest';
import { toast, toastError } from '@/ui/Toast';
import { ASSISTANT, type Category, type Item, itemPath } from './api';
import { CATEGORIES } from './words';

interface Correction {
  item: Item;
  category: Category;
}

export function useCorrect() {
  const client = useQueryClient();
  const send = ({ item, category }: Correction) => api.post<Item>(itemPath(item.id, 'correct'), { category });
  const settled = () => client.invalidateQueries({ queryKey: ASSISTANT });
  return useMutation({
    mutationFn: send,
    onSuccess: (_answer, { item, category }) => {
      const before = item.category;
      const back = () => void send({ item, category: before as Category }).then(settled, toastError);
      toast({
        text: `${CATEGORIES[category].label}. It is remembered for ${item.sender.name || item.sender.address}.`,
        ...(before ? { action: { label: 'Undo', run: back } } : {}),
      });
    },
    onError: (failure) => toastError(failure),
    onSettled: settled,
  });
}
