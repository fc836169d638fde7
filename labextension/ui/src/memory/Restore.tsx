import { type ReactElement, useState } from 'react';
import type { Host } from '../api/host';
import type { Ref, Version } from '../api/memory';
import { useAction } from '../live/action';
import { busy, Refused } from '../parts/Do';
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
  const restoring = useAction();

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
      <Refused by={restoring} />
      <div className="pai-Trigger-do">
        <button type="button" className="pai-Button pai-primary" {...busy(restoring)} onClick={() => restoring.run(onRestore)}>
          Restore
        </button>
        <button type="button" className="pai-Button" onClick={() => setAsking(false)}>
          Leave it
        </button>
      </div>
    </section>
  );
}
