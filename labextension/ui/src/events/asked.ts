// What events mean for a question: asked, answered, or too late. The twin of `events/asked.py`.
// Events of an older release lack what was added since.

import type { HumanAnswered, HumanExpired, HumanRequested, Question } from '../contracts/events.ts';

/** The question as it was asked. */
export function requested(event: HumanRequested, at: string): Question {
  return {
    id: event.question,
    text: event.text,
    choices: event.choices,
    asked_at: at,
    kind: event.kind ?? 'doubt',
    asked: event.asked ?? [],
    answer_type: event.answer_type ?? null,
    block: event.block ?? null,
    inputs: event.inputs ?? {},
    inputs_hash: event.inputs_hash ?? null,
    due: event.due ?? null,
    at_expiry: event.at_expiry ?? null,
    answer: null,
    answered_by: null,
    answered_at: null,
    value: null,
    reason: '',
    edited: {},
    via: '',
    expired_at: null,
    closed_at: null
  };
}

/** The question with the answer that somebody gave. */
export function answered(question: Question, event: HumanAnswered, at: string): Question {
  return {
    ...question,
    answer: event.answer,
    answered_by: event.by,
    answered_at: at,
    value: event.value ?? null,
    reason: event.reason ?? '',
    edited: event.edited ?? {},
    via: event.via ?? ''
  };
}

/** The question that nobody answered in time. */
export function expired(question: Question, event: HumanExpired, at: string): Question {
  return { ...question, answer: event.outcome, expired_at: at };
}

/** The question that nobody needs an answer to any more. */
export function closed(question: Question, at: string): Question {
  return { ...question, answer: 'moot', closed_at: at };
}
