import { type ReactElement, useEffect, useMemo, useState } from 'react';
import { type Host, wordsOf } from '../api/host';
import { type Entry, entryOf, type Ref, type Version } from '../api/memory';
import { Notice, Skeleton } from '../parts/Notice';
import { count } from '../format';
import { changedIn, pairsOf, textOf } from './difference';
import { momentWords } from './words';

interface CompareProps {
  readonly host: Host;
  readonly entry: Ref;
  readonly from: string;
  /** Null compares with nothing: what would be taken away, or is not there yet. */
  readonly to: string | null;
  readonly versions: readonly Version[];
  onClose?(): void;
}

/** Two versions side by side, the earlier one left; what is alike is folded. */
export function Compare({ host, entry, from, to, versions, onClose }: CompareProps): ReactElement {
  const when = (version: string | null): string => {
    const found = versions.find(each => each.version === version);
    return found ? momentWords(found.at) : 'nothing';
  };
  const place = (version: string | null): number => versions.findIndex(each => each.version === version);
  const [left, right] = place(from) >= place(to) || to === null ? [from, to] : [to, from];
  const { before, after, problem } = useTwo(host, entry, gone(versions, left) ? null : left, gone(versions, right) ? null : right);
  const pairs = useMemo(() => (before === undefined || after === undefined ? null : pairsOf(textOf(before), textOf(after))), [before, after]);
  if (problem) {
    return (
      <Notice title="They can’t be compared" kind="error">
        <p>{problem}</p>
      </Notice>
    );
  }
  if (!pairs) return <Skeleton />;
  const changed = changedIn(pairs);
  return (
    <section className="pai-Compare" aria-label="Difference">
      <header>
        <span>{when(left)}</span>
        <span>{when(right)}</span>
        {onClose && (
          <button type="button" className="pai-Icon" aria-label="Close the comparison" onClick={onClose}>
            ✕
          </button>
        )}
      </header>
      {changed === 0 ? (
        <p className="pai-Content-none">They are alike.</p>
      ) : (
        <table>
          <colgroup>
            <col className="pai-Compare-n" />
            <col />
            <col className="pai-Compare-n" />
            <col />
          </colgroup>
          <tbody>
            {pairs.map((pair, n) =>
              'hidden' in pair ? (
                <tr key={n} className="pai-Compare-hidden">
                  <td colSpan={4}>{count(pair.hidden, 'line')} alike</td>
                </tr>
              ) : (
                <tr key={n}>
                  <td className="pai-Compare-n">{pair.left?.n}</td>
                  <td data-side={pair.isSame ? undefined : pair.left ? 'gone' : 'none'}>{pair.left?.text}</td>
                  <td className="pai-Compare-n">{pair.right?.n}</td>
                  <td data-side={pair.isSame ? undefined : pair.right ? 'new' : 'none'}>{pair.right?.text}</td>
                </tr>
              )
            )}
          </tbody>
        </table>
      )}
    </section>
  );
}

function gone(versions: readonly Version[], version: string | null): boolean {
  return versions.find(each => each.version === version)?.is_gone ?? version === null;
}

function useTwo(host: Host, entry: Ref, left: string | null, right: string | null) {
  const [state, setState] = useState<{ before?: Entry | null; after?: Entry | null; problem?: string }>({});
  const { layer, id } = entry;
  useEffect(() => {
    let isStopped = false;
    const get = (version: string | null): Promise<Entry | null> => (version === null ? Promise.resolve(null) : entryOf(host, { layer, id, version }, null));
    setState({});
    Promise.all([get(left), get(right)]).then(
      ([before, after]) => isStopped || setState({ before, after }),
      error => isStopped || setState({ problem: wordsOf(error) })
    );
    return () => {
      isStopped = true;
    };
  }, [host, layer, id, left, right]);
  return state;
}
