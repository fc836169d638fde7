import { type KeyboardEvent, type ReactElement, useEffect, useRef } from 'react';
import { hasEnded } from '../api/runs';
import type { NodeView } from '../contracts/events';
import { type GraphInput, type GraphNode, INPUT } from '../contracts/graph';
import { count, duration, exactTime } from '../format';
import { useStore } from '../live/store';
import { WithCode } from '../parts/Notice';
import { Traceback } from '../parts/Traceback';
import { StateMark, stateWord } from '../parts/StateMark';
import { Answered } from '../people/Answered';
import { QuestionCard } from '../people/QuestionCard';
import { EffectBadge, OwnBadge } from './Badges';
import { Breakpoint } from './Breakpoint';
import { insideOf, sentence } from './CardNews';
import { ChangeHere, ChangeOutput } from './Change';
import { discarded, edited } from './edits';
import { Glyph } from './Glyph';
import { InspectorInside } from './Inside';
import { useEdit, useEditCount, useNodeView, useRunView, useScene } from './scene';
import { spentWords } from './spent';
import { wordsOf } from './value';
import { shownState } from './wait';
import { ValueEditor } from './ValueEditor';
import { ValuePreview } from './ValuePreview';
import { shortJson } from './words';

/** All there is to know of one node, in a drawer beside the graph or below it. */
export function Inspector(): ReactElement | null {
  const { place, graph } = useScene();
  const open = useStore(place, ({ open: id }) => id);
  const node = open === null ? undefined : graph.nodes.find(each => each.id === open);
  return node ? <Drawer key={node.id} node={node} /> : null;
}

function Drawer({ node }: { node: GraphNode }): ReactElement {
  const { place, nameOf } = useScene();
  const root = useRef<HTMLElement>(null);
  const view = useNodeView(node.id);
  const status = useRunView(live => live.view.status);
  const state = view && shownState(view, status);
  const name = nameOf(node.id);

  useEffect(() => root.current?.focus(), []);

  function close(): void {
    place.update(old => ({ ...old, open: null }));
    root.current?.closest('.pai-Flow')?.querySelector<HTMLElement>(`[data-node="${CSS.escape(node.id)}"]`)?.focus();
  }

  function keyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    close();
  }

  return (
    <aside className="pai-Inspector" ref={root} tabIndex={-1} aria-label={`Node ${name}`} onKeyDown={keyDown}>
      <header>
        {state && <StateMark state={state} />}
        <h3>{name}</h3>
        <OwnBadge node={node} />
        <EffectBadge node={node} />
        <button type="button" className="pai-Icon" aria-label="Close" onClick={close}>
          ✕
        </button>
      </header>
      <div className="pai-Inspector-body">
        <p className="pai-quiet">
          {state && `${stateWord(state)} · `}
          {name === node.id ? '' : `${node.id} · `}
          <code>{node.block}</code>
        </p>
        {node.help && (
          <p>
            <WithCode text={node.help} />
          </p>
        )}
        {view && insideOf(view, status) && <p className="pai-quiet">{sentence(insideOf(view, status))}</p>}
        <Rerun node={node} />
        <Breakpoint node={node} view={view} />
        <InspectorInside node={node} />
        {view && <Asked id={node.id} view={view} />}
        {view?.error && <Failure view={view} />}
        {node.inputs.length > 0 && <h4>Inputs</h4>}
        {node.inputs.map(input => (
          <Input key={input.name} node={node} input={input} />
        ))}
        {node.outputs.length > 0 && <h4>Outputs</h4>}
        {node.outputs.map(port => {
          const value = view?.outputs[port.name];
          return (
            <section key={port.name} className="pai-Inspector-port">
              <p>
                <Glyph name={port.glyph} type={port.type} />
                <b>{port.name}</b>
                <span className="pai-quiet">{value ? wordsOf(value) : port.type}</span>
              </p>
              <Help text={port.help} />
              {view?.changed[port.name] && <small>Changed by {view.changed[port.name]}; its record stays as it was.</small>}
              {value && <ValuePreview value={value} size="large" />}
              {value && <ChangeOutput node={node.id} port={port.name} value={value} />}
            </section>
          );
        })}
        <Policies node={node} view={view} />
        {view && view.attempt > 0 && <Attempts view={view} />}
        {view && view.log_count > 0 && <Logs view={view} />}
      </div>
    </aside>
  );
}

function Help({ text }: { text: string }): ReactElement | null {
  if (!text) return null;
  return (
    <small className="pai-quiet">
      <WithCode text={text} />
    </small>
  );
}

function Rerun({ node }: { node: GraphNode }): ReactElement | null {
  const { runFrom, edits } = useScene();
  const changes = useEditCount(node.id);
  if (!runFrom && changes === 0) return null;
  return (
    <p className="pai-Inspector-do">
      {runFrom && (
        <button type="button" className={`pai-Button ${changes > 0 ? 'pai-primary pai-small' : ''}`} onClick={() => runFrom(node.id)}>
          ▸ Run from here
        </button>
      )}
      <ChangeHere node={node} />
      {changes > 0 && (
        <button type="button" className="pai-Button" onClick={() => edits.update(old => discarded(old, node.id))}>
          Discard {count(changes, 'change')}
        </button>
      )}
    </p>
  );
}

function Asked({ id, view }: { id: string; view: NodeView }): ReactElement | null {
  const { host, runId } = useScene();
  const isOver = useRunView(live => hasEnded(live.view.status));
  const { question } = view;
  if (!question || runId === null) return null;
  if (question.answer !== null) return <Answered node={id} question={question} />;
  return isOver ? null : <QuestionCard host={host} runId={runId} node={id} question={question} />;
}

function Failure({ view }: { view: NodeView }): ReactElement | null {
  const { error } = view;
  if (!error) return null;
  const isPast = view.status !== 'failed' && view.status !== 'cancelled'; // it is tried again, or was
  return (
    <div className="pai-Error">
      {isPast && <p className="pai-quiet">An attempt before failed:</p>}
      <p>{error.message}</p>
      {error.remedy && !isPast && (
        <p className="pai-quiet">
          <WithCode text={error.remedy} />
        </p>
      )}
      {error.traceback && <Traceback text={error.traceback} />}
    </div>
  );
}

function Input({ node, input }: { node: GraphNode; input: GraphInput }): ReactElement {
  const { canEdit, edits, nameOf } = useScene();
  const edit = useEdit(node.id, input.name);
  const value = edit !== undefined ? edit : input.value;
  return (
    <section className="pai-Inspector-port" data-edited={edit !== undefined || undefined}>
      <p>
        <Glyph name={input.glyph} type={input.type} />
        <b>{input.name}</b>
        <span className="pai-quiet">{edit !== undefined ? 'changed' : input.type}</span>
      </p>
      <Help text={input.help} />
      {input.source ? (
        <p className="pai-Inspector-from">
          ← {input.source.node === INPUT ? `input ${input.source.port}` : `${nameOf(input.source.node)} · ${input.source.port}`}
        </p>
      ) : canEdit ? (
        <ValueEditor
          label={`${input.name} of ${node.id}`}
          schema={input.schema}
          value={value}
          onChange={next => edits.update(old => edited(old, node.id, input.name, next, input.value))}
        />
      ) : (
        <pre>{typeof value === 'string' ? value : shortJson(value, 2000)}</pre>
      )}
    </section>
  );
}

/** What goes on around its body, and what that has come to. Changed in the flow, not here. */
function Policies({ node, view }: { node: GraphNode; view: NodeView | null }): ReactElement | null {
  const { policies = [] } = node;
  const spent = view ? spentWords(view.spent) : [];
  if (policies.length === 0 && spent.length === 0) return null;
  const isDelayed = view?.delayed_until && view.status === 'pending';
  return (
    <>
      <h4>Policies</h4>
      <ul className="pai-Inspector-policies">
        {policies.map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {isDelayed && view.delayed_until && (
        <p>
          Waits for its turn of <code>{view.delayed_by}</code>, at {exactTime(view.delayed_until)}.
        </p>
      )}
      {spent.length > 0 && <p className="pai-quiet">Spent {spent.join(', ')}</p>}
    </>
  );
}

function Attempts({ view }: { view: NodeView }): ReactElement {
  const facts = [
    view.started_at && `started ${exactTime(view.started_at)}`,
    view.duration_s !== null && `took ${duration(view.duration_s)}`,
    view.attempt > 1 && `attempt ${view.attempt}`,
    view.retry_cause && view.retry_cause.replaceAll('_', ' '),
    view.worker && `on ${view.worker}`,
    view.reused_from && `${view.reused_because === 'cache' ? 'kept result' : 'taken over'} from ${view.reused_from}`
  ].filter(Boolean);
  return (
    <>
      <h4>Attempts</h4>
      <p className="pai-quiet">{facts.join(' · ')}</p>
    </>
  );
}

function Logs({ view }: { view: NodeView }): ReactElement {
  const hidden = view.log_count - view.logs.length;
  return (
    <>
      <h4>Said</h4>
      {hidden > 0 && <small className="pai-quiet">{count(hidden, 'earlier line')} not shown</small>}
      <ol className="pai-Inspector-logs">
        {view.logs.map((line, n) => (
          <li key={n} data-level={line.level} title={exactTime(line.at)}>
            {line.message}
          </li>
        ))}
      </ol>
    </>
  );
}
