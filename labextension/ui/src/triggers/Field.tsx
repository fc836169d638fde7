import { type ReactElement, type ReactNode, useId } from 'react';

/** What ties a control to its label and its help. */
export interface Tie {
  readonly id: string;
  readonly 'aria-describedby'?: string;
}

interface FieldProps {
  label: string;
  help?: string;
  children(tie: Tie): ReactNode;
}

/** One line of a form: what is asked, and where it is said. */
export function Field({ label, help, children }: FieldProps): ReactElement {
  const id = useId();
  const tie = help ? { id, 'aria-describedby': `${id}-help` } : { id };
  return (
    <div className="pai-TriggerField">
      <label htmlFor={id}>{label}</label>
      <span className="pai-Editor">{children(tie)}</span>
      {help && (
        <small id={`${id}-help`} className="pai-quiet">
          {help}
        </small>
      )}
    </div>
  );
}
