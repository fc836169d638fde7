import { type KeyboardEvent, type ReactElement, useCallback, useRef, useState } from 'react';
import type { Host, Problem } from '../api/host';
import { type LayerHead, layerHeads, type Ref } from '../api/memory';
import { age } from '../format';
import { useNow } from '../live/useNow';
import { usePolled } from '../live/usePolled';
import { useVisible } from '../live/useVisible';
import { RuntimeNotice } from '../panels/RuntimeNotice';
import { Skeleton, Strip } from '../parts/Notice';
import { EntryView } from './EntryView';
import { Found } from './Found';
import { Lessons } from './Lessons';
import { TimeSlider } from './TimeSlider';
import { TreeView } from './TreeView';
import { useTree } from './useTree';
import { momentWords } from './words';

const EVERY_MS = 1500;

interface MemoryPanelProps {
  readonly host: Host;
  /** Open an entry in a place of its own; without one it is shown here. */
  onOpen?(ref: Ref, at: string | null): void;
}

/** All that is remembered, in one tree, now or at any moment before. */
export function MemoryPanel({ host, onOpen }: MemoryPanelProps): ReactElement {
  const root = useRef<HTMLElement>(null);
  const isVisible = useVisible(root);
  const now = useNow(isVisible);
  const [at, setAt] = useState<string | null>(null);
  const [text, setText] = useState('');
  const [looking, setLooking] = useState<Ref | null>(null);
  const heads = usePolled(() => layerHeads(host, at), EVERY_MS, isVisible, at ?? '');

  const look = useCallback(
    (ref: Ref): void => {
      if (onOpen) onOpen(ref, at);
      setLooking(ref);
    },
    [onOpen, at]
  );

  function keyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    if (looking && !onOpen) setLooking(null);
    else if (text) setText('');
    else if (at) setAt(null);
    else return;
    event.stopPropagation();
  }

  return (
    <section className="pai-Panel pai-Memory" aria-label="Memory" ref={root} data-past={at !== null || undefined} onKeyDown={keyDown}>
      <Loaded host={host} heads={heads.data} problem={heads.problem} asOf={heads.asOf} now={now} onUp={heads.refresh}>
        {layers => (
          <>
            <div className="pai-Memory-tree">
              <header className="pai-Memory-head">
                <span className="pai-Editor pai-Memory-search">
                  <input
                    type="search"
                    aria-label="Find in memory"
                    placeholder="Find in all layers"
                    value={text}
                    onChange={event => setText(event.target.value)}
                  />
                </span>
              </header>
              <TimeSlider host={host} mark={layers.map(head => head.mark).join()} at={at} isVisible={isVisible} onAt={setAt} />
              {at && (
                <div className="pai-Past" role="status">
                  <span>As of {momentWords(at)}</span>
                  <button type="button" className="pai-Link" onClick={() => setAt(null)}>
                    Back to now
                  </button>
                </div>
              )}
              {text.trim() ? (
                <Found host={host} text={text.trim()} at={at} now={now} looking={looking} onLook={look} />
              ) : (
                <WholeTree host={host} heads={layers} at={at} now={now} looking={looking} onLook={look} />
              )}
            </div>
            {looking && !onOpen && (
              <EntryView key={`${looking.layer}:${looking.id}:${looking.version ?? ''}`} host={host} entry={looking} at={at} onOpen={look} onClose={() => setLooking(null)} />
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}

interface WholeTreeProps {
  readonly host: Host;
  readonly heads: readonly LayerHead[];
  readonly at: string | null;
  readonly now: number;
  readonly looking: Ref | null;
  onLook(ref: Ref): void;
}

function WholeTree({ host, heads, at, now, looking, onLook }: WholeTreeProps): ReactElement {
  const { rows, toggle, more } = useTree(host, heads, at);
  return (
    <>
      <TreeView rows={rows} now={now} looking={looking} onToggle={toggle} onMore={more} onLook={onLook} />
      <Lessons heads={heads} isPast={at !== null} rows={rows} />
    </>
  );
}

interface LoadedProps {
  readonly host: Host;
  readonly heads: readonly LayerHead[] | null;
  readonly problem: Problem | null;
  readonly asOf: number | null;
  readonly now: number;
  onUp(): void;
  children(heads: readonly LayerHead[]): ReactElement;
}

function Loaded({ host, heads, problem, asOf, now, onUp, children }: LoadedProps): ReactElement {
  if (heads === null) return problem ? <RuntimeNotice host={host} problem={problem} onUp={onUp} /> : <Skeleton />;
  return (
    <>
      {problem && asOf !== null && <Strip>Connection lost, data is {age(asOf, now)} old. Trying again…</Strip>}
      {children(heads)}
    </>
  );
}
