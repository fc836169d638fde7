import { type ReactElement, useRef, useState } from 'react';
import type { Host } from '../api/host';
import { type Entry, entryOf, type Link, type Ref, restoreVersion, type Version, versionsOf } from '../api/memory';
import { ago, exactTime, shortId } from '../format';
import { useNow } from '../live/useNow';
import { usePolled } from '../live/usePolled';
import { useVisible } from '../live/useVisible';
import { Boundary } from '../parts/Boundary';
import { Do, Said } from '../parts/Do';
import { Notice, Skeleton, Strip, WithCode } from '../parts/Notice';
import { CopyId } from '../parts/small';
import { Compare } from './Compare';
import { Content } from './Content';
import { Restore } from './Restore';
import { Uses } from './Uses';
import { momentWords, TITLES } from './words';

const EVERY_MS = 3000;

export interface EntryProps {
  readonly host: Host;
  readonly entry: Ref;
  /** The moment that is looked at; null is now. */
  readonly at: string | null;
  onOpen(ref: Ref, at: string | null): void;
  onClose?(): void;
}

/** One thing in memory: what it says, where it is from, and all that it ever was. */
export function EntryView({ host, entry: ref, at, onOpen, onClose }: EntryProps): ReactElement {
  const root = useRef<HTMLElement>(null);
  const isVisible = useVisible(root);
  const now = useNow(isVisible);
  const [picked, setPicked] = useState<string | null>(ref.version ?? null);
  const [compared, setCompared] = useState<string | null>(null);
  const [done, setDone] = useState<Undo | null>(null);
  const shownRef = { ...ref, version: picked };
  const isPast = picked !== null || at !== null;
  const found = usePolled(() => entryOf(host, shownRef, at).then(entry => ({ entry, picked })), isPast ? 3_600_000 : EVERY_MS, isVisible, `${at} ${picked}`);
  const versions = usePolled(() => versionsOf(host, ref), EVERY_MS, isVisible);
  const list = versions.data ?? [];
  const current = list[0] ?? null;
  const { data, problem } = found;

  function pick(version: Version): void {
    setPicked(version.version === current?.version ? null : version.version);
    found.refresh();
  }

  async function restore(to: Version): Promise<void> {
    await restoreVersion(host, ref, to, current);
    setDone(current ? { said: `Restored as it was on ${momentWords(to.at)}.`, from: to, back: current } : null);
    setPicked(null);
    setCompared(null);
    versions.refresh();
    found.refresh();
  }

  /** What was brought back is what there is now, though the list of versions may not say so yet. */
  async function undo({ from, back }: Undo): Promise<void> {
    await restoreVersion(host, ref, back, from);
    setDone(null);
    versions.refresh();
    found.refresh();
  }

  const entry = data?.entry ?? null;
  const chosen = picked === null ? null : (list.find(version => version.version === picked) ?? null);
  return (
    <section className="pai-Panel pai-Entry" aria-label={`${TITLES[ref.layer]}: ${ref.id}`} ref={root}>
      {entry === null ? (
        problem ? (
          <>
            <EntryHead title={ref.id} onClose={onClose} />
            <Notice title={problem.code === 'not_in_memory' ? 'It is not there' : 'This did not work'} kind="error">
              <p>{problem.message}</p>
              <p className="pai-quiet">
                <WithCode text={problem.remedy} />
              </p>
            </Notice>
            <Versions list={list} now={now} picked={picked} compared={compared} onPick={pick} onCompare={setCompared} onOpenRun={run => onOpen({ layer: 'history', id: run }, null)} />
          </>
        ) : (
          <Skeleton />
        )
      ) : (
        <Boundary>
          <EntryHead title={entry.title} onClose={onClose}>
            <span className="pai-quiet">
              {TITLES[entry.layer]} · {entry.what}
            </span>
          </EntryHead>
          {problem && <Strip>{problem.message} What is shown is what was seen last.</Strip>}
          {versions.problem && !problem && <Strip>Its versions can’t be told: <Said problem={versions.problem} /></Strip>}
          {isPast && (
            <div className="pai-Past" role="status">
              <span>
                {entry.at ? `As of ${momentWords(picked ? entry.at : (at ?? entry.at))}` : 'An older version'}
                {entry.at && !picked && at ? `, written ${momentWords(entry.at)}` : ''}
              </span>
              {picked !== null && (
                <button type="button" className="pai-Link" onClick={() => { setPicked(null); found.refresh(); }}>
                  Back to the newest
                </button>
              )}
            </div>
          )}
          {done && (
            <Undone said={done.said} onUndo={() => undo(done)} onClose={() => setDone(null)} />
          )}
          <div className="pai-Entry-body">
            <div className="pai-Entry-main">
              {compared !== null && (
                <Compare host={host} entry={ref} from={compared} to={picked ?? current?.version ?? null} versions={list} onClose={() => setCompared(null)} />
              )}
              {chosen && entry.can_restore && compared === null && (
                <Restore key={chosen.version} host={host} entry={ref} to={chosen} now={current} onRestore={() => restore(chosen)} />
              )}
              {compared === null && entry.shown && <Content host={host} shown={entry.shown} />}
            </div>
            <aside className="pai-Entry-side">
              <Facts entry={entry} now={now} />
              <Links links={entry.links} onOpen={link => link.layer && link.id !== null && onOpen({ layer: link.layer, id: link.id, version: link.version }, null)} />
              <Uses uses={entry.uses} now={now} onOpen={id => onOpen({ layer: 'history', id }, null)} />
              {entry.has_versions && (
                <Versions list={list} now={now} picked={picked} compared={compared} onPick={pick} onCompare={setCompared} onOpenRun={run => onOpen({ layer: 'history', id: run }, null)} />
              )}
            </aside>
          </div>
        </Boundary>
      )}
    </section>
  );
}

interface Undo {
  readonly said: string;
  readonly from: Version;
  readonly back: Version;
}

function Undone({ said, onUndo, onClose }: { said: string; onUndo(): Promise<void>; onClose(): void }): ReactElement {
  return (
    <div className="pai-Done" role="status">
      <span>{said}</span>
      <Do label="Undo" onDo={onUndo} />
      <button type="button" className="pai-Icon" aria-label="Close" onClick={onClose}>
        ✕
      </button>
    </div>
  );
}

function EntryHead({ title, onClose, children }: { title: string; onClose?(): void; children?: ReactElement }): ReactElement {
  return (
    <header className="pai-RunHead">
      {onClose && (
        <button type="button" className="pai-Icon" aria-label="Back to the tree" onClick={onClose}>
          ←
        </button>
      )}
      <h2 title={title}>{title}</h2>
      {children}
    </header>
  );
}

function Facts({ entry, now }: { entry: Entry; now: number }): ReactElement {
  return (
    <dl className="pai-Trigger-facts">
      {entry.at && (
        <>
          <dt>Since</dt>
          <dd title={exactTime(entry.at)}>
            {momentWords(entry.at)}, {ago(entry.at, now)}
          </dd>
        </>
      )}
      {entry.by && (
        <>
          <dt>By</dt>
          <dd>{entry.by}</dd>
        </>
      )}
      {entry.facts.map(([name, value]) => (
        <FactOf key={name} name={name} value={value} />
      ))}
    </dl>
  );
}

function FactOf({ name, value }: { name: string; value: unknown }): ReactElement {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? value.toLocaleString() : JSON.stringify(value);
  return (
    <>
      <dt>{name}</dt>
      <dd>{/^[0-9a-f]{40,}$/.test(text) ? <CopyId id={text} /> : text}</dd>
    </>
  );
}

function Links({ links, onOpen }: { links: readonly Link[]; onOpen(link: Link): void }): ReactElement | null {
  if (links.length === 0) return null;
  return (
    <section className="pai-Entry-links" aria-label="Where it is from">
      {links.map(link => (
        <p key={`${link.says} ${link.label}`}>
          <span className="pai-quiet">{link.says} </span>
          {link.layer && link.id !== null ? (
            <button type="button" className="pai-Link" title={link.label} onClick={() => onOpen(link)}>
              {link.label}
            </button>
          ) : link.url && /^https?:/.test(link.url) ? (
            <a href={link.url} target="_blank" rel="noreferrer noopener">
              {link.label}
            </a>
          ) : (
            link.label
          )}
        </p>
      ))}
    </section>
  );
}

interface VersionsProps {
  readonly list: readonly Version[];
  readonly now: number;
  readonly picked: string | null;
  readonly compared: string | null;
  onPick(version: Version): void;
  onCompare(version: string | null): void;
  onOpenRun(run: string): void;
}

function Versions({ list, now, picked, compared, onPick, onCompare, onOpenRun }: VersionsProps): ReactElement | null {
  if (list.length === 0) return null;
  const shown = picked ?? list[0]!.version;
  return (
    <section aria-label="Versions">
      <h3 className="pai-Section">
        {list.length} {list.length === 1 ? 'version' : 'versions'}
      </h3>
      <ol className="pai-Versions">
        {list.map((version, n) => (
          <li key={version.version} data-shown={version.version === shown || undefined}>
            <button type="button" className="pai-Version" aria-pressed={version.version === shown} onClick={() => onPick(version)}>
              <span>{version.is_gone ? 'Deleted' : n === 0 ? 'Newest' : version.what || shortId(version.version)}</span>
              <time title={exactTime(version.at)}>{ago(version.at, now)}</time>
              <small>
                {version.by}
                {!version.is_gone && n === 0 && version.what ? ` · ${version.what}` : ''}
              </small>
            </button>
            <span className="pai-Version-tools">
              {version.run && (
                <button type="button" className="pai-Link" onClick={() => onOpenRun(version.run!)}>
                  run
                </button>
              )}
              {version.version !== shown && !version.is_gone && (
                <button type="button" className="pai-Link" aria-pressed={compared === version.version} onClick={() => onCompare(compared === version.version ? null : version.version)}>
                  compare
                </button>
              )}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
