import type { Question } from '../contracts/events';

/** The choices of the engine's own questions, in the words in which it asks. */
export const CHOICES: Record<string, string> = {
  again: 'Run it again',
  done: 'Take it as done',
  fail: 'Let it fail',
  approve: 'Approve',
  edit: 'Edit…',
  reject: 'Reject…'
};

const DECIDED: Record<string, string> = {
  again: 'had it run again',
  done: 'took it as done',
  fail: 'let it fail',
  approve: 'approved',
  edit: 'approved with changes',
  reject: 'rejected'
};

const EXPIRED: Record<string, string> = {
  reject: 'that means no',
  approve: 'that means yes',
  fail: 'the step failed',
  otherwise: 'its other answer holds'
};

/** What somebody did: `approved with changes`, `answered “Penguins”`. */
export function decided({ kind, answer }: Question): string {
  const word = kind === 'ask' ? undefined : DECIDED[answer ?? ''];
  return word ?? `answered “${answer ?? ''}”`;
}

export function expiryOf({ answer }: Question): string {
  return EXPIRED[answer ?? ''] ?? '';
}

/** What will happen when nobody answers. */
export function atExpiry({ at_expiry }: Question): string {
  const then: Record<string, string> = {
    reject: 'then it is rejected',
    approve: 'then it is approved',
    fail: 'then the step fails',
    otherwise: 'then its other answer holds'
  };
  return then[at_expiry ?? ''] ?? '';
}

/** Ada, Grace or Bob. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
