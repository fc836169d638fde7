import type { ReactElement } from 'react';
import type { Problem } from '../api/host';
import { useAction, type UsedAction } from '../live/action';
import { WithCode } from './Notice';

interface DoProps {
  /** What it says. */
  label: string;
  className?: string;
  title?: string;
  onDo(): Promise<unknown>;
}

/** A button that asks the server for something; what refuses it is told below it. */
export function Do({ label, className = 'pai-Button', title, onDo }: DoProps): ReactElement {
  const action = useAction();
  return (
    <>
      <button type="button" className={className} title={title} {...busy(action)} onClick={() => action.run(onDo)}>
        {label}
      </button>
      <Refused by={action} />
    </>
  );
}

/** How a button shows that what it does is under way. It keeps the focus, which `disabled` takes away. */
export function busy({ isBusy }: { isBusy: boolean }) {
  return { 'aria-busy': isBusy || undefined, 'aria-disabled': isBusy || undefined };
}

/** Why an action was refused, and what to do: until it is pressed again, or read and closed. */
export function Refused({ by }: { by: Pick<UsedAction, 'problem' | 'forget'> }): ReactElement | null {
  if (!by.problem) return null;
  return (
    <div className="pai-Refused" role="alert">
      <Said problem={by.problem} />
      <button type="button" className="pai-Icon" aria-label="Close" onClick={by.forget}>
        ✕
      </button>
    </div>
  );
}

/** What is wrong, and the remedy. */
export function Said({ problem: { message, remedy } }: { problem: Problem }): ReactElement {
  return (
    <span>
      {message}
      {remedy && <> <WithCode text={remedy} /></>}
    </span>
  );
}
