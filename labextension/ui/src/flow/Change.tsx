import { type ReactElement, useState } from 'react';
import { Problem } from '../api/host';
import { changeValues } from '../api/control';
import type { Json, ValueInfo } from '../contracts/events';
import type { GraphNode } from '../contracts/graph';
import { discarded } from './edits';
import { useEditCount, useNodeView, useRunView, useScene } from './scene';
import { useStore } from '../live/store';

type Values = { readonly [port: string]: Json };

function useChange(node: string): { problem: Problem | null; change(values: Values): Promise<boolean> } {
  const { host, runId } = useScene();
  const [problem, setProblem] = useState<Problem | null>(null);
  return {
    problem,
    change: async values => {
      try {
        await changeValues(host, runId ?? '', node, values);
        setProblem(null);
        return true;
      } catch (error) {
        setProblem(error instanceof Problem ? error : new Problem('ui_error', String(error)));
        return false;
      }
    }
  };
}

/** Take the literals that were typed into the paused run itself, instead of running anew. */
export function ChangeHere({ node }: { node: GraphNode }): ReactElement | null {
  const { edits } = useScene();
  const mine = useStore(edits, all => all[node.id]);
  const isPaused = useRunView(live => live.view.status === 'paused');
  const view = useNodeView(node.id);
  const count = useEditCount(node.id);
  const { problem, change } = useChange(node.id);
  if (!isPaused || count === 0 || !mine || view?.status !== 'pending') return null;
  return (
    <>
      <button
        type="button"
        className="pai-Button"
        title="The paused run itself goes on with it"
        onClick={() => void change(mine).then(isDone => isDone && edits.update(old => discarded(old, node.id)))}
      >
        Change in this run
      </button>
      <Trouble problem={problem} />
    </>
  );
}

/** Another value for what a recorded node of a paused run gave; its record stays as it is. */
export function ChangeOutput({ node, port, value }: { node: string; port: string; value: ValueInfo }): ReactElement | null {
  const isPaused = useRunView(live => live.view.status === 'paused');
  const [text, setText] = useState<string | null>(null);
  const { problem, change } = useChange(node);
  const [isNoJson, setNoJson] = useState(false);
  if (!isPaused || value.media_type !== 'application/json') return null;
  if (text === null) {
    return (
      <button type="button" className="pai-Link" onClick={() => setText(JSON.stringify(value.preview ?? null, null, 2))}>
        Change…
      </button>
    );
  }

  async function use(): Promise<void> {
    let typed: Json;
    try {
      typed = JSON.parse(text ?? '') as Json;
    } catch {
      return setNoJson(true);
    }
    setNoJson(false);
    if (await change({ [port]: typed })) setText(null);
  }

  return (
    <div className="pai-Change">
      <textarea
        rows={Math.min(8, text.split('\n').length)}
        value={text}
        spellCheck={false}
        aria-label={`${port} of ${node}, as JSON`}
        aria-invalid={isNoJson || undefined}
        onChange={event => setText(event.target.value)}
      />
      <p>
        <button type="button" className="pai-Button" onClick={() => void use()}>
          Use it
        </button>
        <button type="button" className="pai-Link" onClick={() => setText(null)}>
          Leave it
        </button>
      </p>
      {isNoJson && <small role="alert">That is no JSON.</small>}
      <Trouble problem={problem} />
    </div>
  );
}

function Trouble({ problem }: { problem: Problem | null }): ReactElement | null {
  if (!problem) return null;
  return (
    <small className="pai-Breakpoint-problem" role="alert">
      {problem.message} {problem.remedy}
    </small>
  );
}
