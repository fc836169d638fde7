import { useState } from 'react';
import { asProblem, type Problem } from '../api/host';
import { Store, useStore } from './store';

/** The second click of a double click comes within this, as systems have it. */
const DOUBLE_CLICK_MS = 500;

export interface ActionState {
  readonly isBusy: boolean;
  /** Why it was refused the last time, until it is tried again. */
  readonly problem: Problem | null;
}

const AT_REST: ActionState = { isBusy: false, problem: null };

/**
 * What a person asks the server for by a press. It is done once at a time, and once for a double
 * click; what refuses it is kept, to be told beside what was pressed, and it can be pressed again.
 */
export class Action {
  readonly state = new Store(AT_REST);

  readonly run = (what: () => Promise<unknown>): void => {
    if (this.state.get().isBusy) return;
    this.state.set({ isBusy: true, problem: null });
    const until = Date.now() + DOUBLE_CLICK_MS;
    started(what).then(
      () => this.rest(until, null),
      error => this.rest(until, asProblem(error))
    );
  };

  readonly forget = (): void => this.state.update(old => ({ ...old, problem: null }));

  /** What was refused was not done, and may be tried at once; else no second click can come any more. */
  private rest(until: number, problem: Problem | null): void {
    const wait = problem ? 0 : Math.min(until - Date.now(), DOUBLE_CLICK_MS); // clocks are set back
    this.state.set({ isBusy: wait > 0, problem });
    if (wait > 0) setTimeout(() => this.state.update(old => ({ ...old, isBusy: false })), wait);
  }
}

/** What throws before it has promised anything is refused as well. */
async function started(what: () => Promise<unknown>): Promise<void> {
  await what();
}

export interface UsedAction extends ActionState {
  run(what: () => Promise<unknown>): void;
  forget(): void;
}

/** An action of this component. */
export function useAction(): UsedAction {
  const [action] = useState(() => new Action());
  const state = useStore(action.state, whole);
  return { ...state, run: action.run, forget: action.forget };
}

const whole = (state: ActionState): ActionState => state;
