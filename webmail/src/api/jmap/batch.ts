// One JMAP request being put together: calls, references from one to the result of another, and reading the answers.
// Pure: `client.ts` does the sending.
import { asSentence } from '../rest';
import type { MethodName, Methods } from './types';

/** RFC 8620 §3.7: "the value at `path` in what the call `resultOf` gave". */
export interface ResultReference {
  resultOf: string;
  name: string;
  path: string;
}
type References = { [key: `#${string}`]: ResultReference };

export interface Call<M extends MethodName> {
  readonly id: string;
  readonly method: M;
  /** To be given to a later call of the same batch, as `{ '#ids': query.ref('/ids') }`. */
  ref(path: string): ResultReference;
}

export type Invocation = [name: string, result: Record<string, unknown>, callId: string];

/** A call that was refused (RFC 8620 §3.6.2). `type` is what programs look at: `cannotCalculateChanges`, `forbidden`, … */
export class MethodError extends Error {
  override readonly name = 'MethodError';
  constructor(
    readonly type: string,
    readonly method: string,
    readonly details: Record<string, unknown>,
  ) {
    super(
      typeof details.description === 'string' ? asSentence(details.description) : `The server refused this (${type}).`,
    );
  }
}

export class Batch {
  private readonly calls: Invocation[] = [];

  get size(): number {
    return this.calls.length;
  }

  add<M extends MethodName>(
    method: M,
    args: Methods[M]['arguments'] | (Methods[M]['arguments'] & References),
  ): Call<M> {
    const id = `c${this.calls.length}`;
    this.calls.push([method, args as Record<string, unknown>, id]);
    return { id, method, ref: (path) => ({ resultOf: id, name: method, path }) };
  }

  toJSON(using: string[]): { using: string[]; methodCalls: Invocation[] } {
    return { using, methodCalls: this.calls };
  }
}

export class Answers {
  constructor(
    private readonly responses: Invocation[],
    readonly sessionState: string,
  ) {}

  /** The result of one call. Throws MethodError when it was refused or has no answer. */
  of<M extends MethodName>(call: Call<M>): Methods[M]['result'] {
    const [answer] = this.all(call);
    if (!answer) throw new MethodError('serverFail', call.method, {});
    return answer;
  }

  /** Every answer with the name of the call: a submission may be followed by an implicit Email/set of the same id. */
  private all<M extends MethodName>(call: Call<M>): Methods[M]['result'][] {
    const mine = this.responses.filter(([, , id]) => id === call.id);
    const refused = mine.find(([name]) => name === 'error');
    if (refused) throw new MethodError(String(refused[1].type ?? 'serverFail'), call.method, refused[1]);
    return mine.filter(([name]) => name === call.method).map(([, result]) => result as unknown as Methods[M]['result']);
  }

  /** The answer of another method under the id of `call`: what `onSuccessUpdateEmail` did. */
  implied<M extends MethodName>(call: Call<MethodName>, method: M): Methods[M]['result'] | undefined {
    const found = this.responses.find(([name, , id]) => id === call.id && name === method);
    return found?.[1] as unknown as Methods[M]['result'] | undefined;
  }
}
