import { type ReactElement, useState } from 'react';
import { type Host, Problem } from '../api/host';
import type { Ref, Version } from '../api/memory';
import { Compare } from './Compare';
import { momentWords } from './words';

interface RestoreProps {
  readonly host: Host;
  readonly entry: Ref;
  readonly to: Version;
  readonly now: Version | null;
  onRestore(): Promise<void>;
}

/** Bring a version back: first what that would change, then the deed. Nothing is lost by it. */
export function Restore({ host, entry, to, now, onRestore }: RestoreProps): ReactElement {
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function restore(): Promise<void> {
    setBusy(true);
    try {
      await onRestore();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem('ui_error', String(error)));
      setBusy(false);
    }
  }

  if (!isAsking) {
    return (
      <div className="pai-Entry-do">
        <button type="button" className="pai-Button" onClick={() => setAsking(true)}>
          Restore this version…
        </button>
      </div>
    );
  }
  return (
    <section className="pai-Restore" aria-label="Restore" onKeyDown={event => event.key === 'Escape' && (event.stopPropagation(), setAsking(false))}>
      <p>
        {to.is_gone ? 'It would be deleted, as it was ' : 'It would be as it was '} on {momentWords(to.at)}. What it is now stays
        among its versions. This is what changes, left now, right then:
      </p>
      <Compare host={host} entry={entry} from={to.version} to={now?.version ?? null} versions={now ? [to, now] : [to]} />
      {problem && (
        <p className="pai-Error" role="alert">
          {problem.message} {problem.remedy}
        </p>
      )}
      <div className="pai-Trigger-do">
        <button type="button" className="pai-Button pai-primary" disabled={isBusy} aria-busy={isBusy} onClick={() => void restore()}>
          Restore
        </button>
        <button type="button" className="pai-Button" onClick={() => setAsking(false)}>
          Leave it
        </button>
      </div>
    </section>
  );
}
