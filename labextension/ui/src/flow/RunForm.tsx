import { type FormEvent, type KeyboardEvent, type ReactElement, useRef, useState } from 'react';
import type { Json } from '../contracts/events';
import type { FlowInput } from '../contracts/graph';
import type { UsedAction } from '../live/action';
import { useReturn } from '../live/useReturn';
import { busy, Refused } from '../parts/Do';
import { defaultsOf, InputFields, type Inputs, missingOf } from './InputFields';

interface RunFormProps {
  inputs: readonly FlowInput[];
  initial: Inputs;
  running: UsedAction;
  onRun(inputs: Inputs): void;
  onClose(): void;
}

/** The flow's inputs, before it runs. */
export function RunForm({ inputs, initial, running, onRun, onClose }: RunFormProps): ReactElement {
  const [values, setValues] = useState<Inputs>(() => ({ ...defaultsOf(inputs), ...initial }));
  const [missing, setMissing] = useState<string[]>([]);
  // Enter keeps a value and runs at once, before a state would have come round.
  const latest = useRef(values);
  const root = useRef<HTMLFormElement>(null);
  useReturn(root);

  function change(name: string, value: Json): void {
    latest.current = { ...latest.current, [name]: value };
    setValues(latest.current);
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    const without = missingOf(inputs, latest.current);
    setMissing(without);
    if (without.length === 0) onRun(latest.current);
  }

  function keyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onClose();
  }

  return (
    <form ref={root} className="pai-RunForm" aria-label="Inputs of the flow" onSubmit={submit} onKeyDown={keyDown}>
      <InputFields inputs={inputs} values={values} autoFocus onChange={change} />
      <div className="pai-RunForm-do">
        <button type="submit" className="pai-Button pai-primary" {...busy(running)}>
          Run
        </button>
        <button type="button" className="pai-Button" onClick={onClose}>
          Close
        </button>
        <Refused by={running} />
        {missing.length > 0 && <span role="alert">Still missing: {missing.join(', ')}</span>}
      </div>
    </form>
  );
}
