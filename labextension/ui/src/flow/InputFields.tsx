import type { ReactElement } from 'react';
import type { Json } from '../contracts/events';
import type { FlowInput } from '../contracts/graph';
import { ValueEditor } from './ValueEditor';

export type Inputs = Record<string, Json>;

interface InputFieldsProps {
  inputs: readonly FlowInput[];
  values: Inputs;
  autoFocus?: boolean;
  onChange(name: string, value: Json): void;
}

/** A flow's inputs, each with the editor that its type asks for. */
export function InputFields({ inputs, values, autoFocus, onChange }: InputFieldsProps): ReactElement {
  return (
    <>
      {inputs.map((input, n) => (
        <label key={input.name}>
          <span title={input.type}>{input.name}</span>
          <ValueEditor
            label={input.name}
            schema={input.schema}
            value={values[input.name] ?? null}
            autoFocus={autoFocus && n === 0}
            onChange={value => onChange(input.name, value)}
          />
          <small className="pai-quiet">{input.help || input.type}</small>
        </label>
      ))}
    </>
  );
}

export function defaultsOf(inputs: readonly FlowInput[]): Inputs {
  return Object.fromEntries(inputs.filter(input => input.has_default).map(input => [input.name, input.default ?? null]));
}

/** The names of those that have no value. */
export function missingOf(inputs: readonly FlowInput[], values: Inputs): string[] {
  return inputs.filter(input => !Object.hasOwn(values, input.name)).map(input => input.name);
}
