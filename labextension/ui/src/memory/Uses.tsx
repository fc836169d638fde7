import type { ReactElement } from 'react';
import type { UsedBy } from '../api/memory';
import { ago, exactTime } from '../format';

interface UsesProps {
  readonly uses: readonly UsedBy[];
  readonly now: number;
  onOpen(id: string): void;
}

/** The runs that read or wrote a thing, as history knows them. */
export function Uses({ uses, now, onOpen }: UsesProps): ReactElement | null {
  if (uses.length === 0) return null;
  return (
    <section aria-label="Runs that used it">
      <h3 className="pai-Section">Runs that used it</h3>
      <ol className="pai-Uses">
        {uses.map(use => (
          <li key={`${use.id} ${use.mode}`}>
            <button type="button" className="pai-Link" title={`${use.flow} · ${use.node}`} onClick={() => onOpen(use.id)}>
              {use.flow} · {use.node}
            </button>
            {use.at && <time title={exactTime(use.at)}>{ago(use.at, now)}</time>}
            <small>{`${use.mode === 'read' ? 'read' : 'wrote'} ${use.is_shown ? 'this' : 'another'} version`}</small>
          </li>
        ))}
      </ol>
    </section>
  );
}
