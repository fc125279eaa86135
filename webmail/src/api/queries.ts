// The one query cache.
import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './rest';

export const queries: QueryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (count, failure) =>
        count < 2 && failure instanceof ApiError && (failure.status === 0 || failure.status >= 500),
    },
  },
});
