import { type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { useAction } from '../live/action';
import { busy, Refused } from '../parts/Do';

interface ConfirmProps {
  /** What the button says, and the one that does it. */
  label: string;
  /** What happens then, in a sentence. */
  question: string;
  onYes(): Promise<unknown>;
}

/** A button whose deed can't be undone: it asks where it stands. Escape takes the question back. */
export function Confirm({ label, question, onYes }: ConfirmProps): ReactElement {
  const [isAsking, setAsking] = useState(false);
  const deed = useAction();
  const keep = useRef<HTMLButtonElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);

  useEffect(() => {
    if (isAsking) keep.current?.focus();
    else if (wasAsking.current) first.current?.focus();
    wasAsking.current = isAsking;
  }, [isAsking]);

  function keyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    setAsking(false);
  }

  if (!isAsking) {
    return (
      <button ref={first} type="button" className="pai-Button" onClick={() => setAsking(true)}>
        {label}…
      </button>
    );
  }
  return (
    <div className="pai-Confirm" role="alertdialog" aria-label={question} onKeyDown={keyDown}>
      <span>{question}</span>
      <div className="pai-Trigger-do">
        <button
          type="button"
          className="pai-Button pai-danger"
          {...busy(deed)}
          onClick={() => deed.run(() => onYes().then(() => setAsking(false)))}
        >
          {label}
        </button>
        <button ref={keep} type="button" className="pai-Button" onClick={() => setAsking(false)}>
          Leave it
        </button>
      </div>
      <Refused by={deed} />
    </div>
  );
}
