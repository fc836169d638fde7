import type { ReactElement } from 'react';
import type { Version } from '../api/triggers';
import { ago, count } from '../format';
import { Field } from './Field';

interface VersionFieldProps {
  versions: readonly Version[];
  now: number;
  /** The run that stands for a version. */
  value: string;
  onChange(runId: string): void;
}

/** Which flow, exactly as it ran: the newest version of each first, earlier ones below. */
export function VersionField({ versions, now, value, onChange }: VersionFieldProps): ReactElement {
  const newest = versions.filter((each, n) => versions.findIndex(other => other.flow === each.flow) === n);
  const earlier = versions.filter(each => !newest.includes(each));
  const told = ({ run_id, flow, flow_hash, created_at, runs }: Version, hasHash: boolean): ReactElement => (
    <option key={run_id} value={run_id}>
      {flow} · {ago(created_at, now)}, {hasHash ? flow_hash.slice(0, 7) : count(runs, 'run')}
    </option>
  );
  return (
    <Field label="Flow" help="Exactly as it ran; cells changed later do not change it">
      {tie => (
        <select {...tie} value={value} onChange={event => onChange(event.target.value)}>
          {newest.map(each => told(each, false))}
          {earlier.length > 0 && <optgroup label="Earlier versions">{earlier.map(each => told(each, true))}</optgroup>}
        </select>
      )}
    </Field>
  );
}
