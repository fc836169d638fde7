import { type KeyboardEvent, type ReactElement, useState } from 'react';
import { changeValues } from '../api/control';
import type { Json, ValueInfo } from '../contracts/events';
import type { GraphNode } from '../contracts/graph';
import { discarded } from './edits';
import { useEditCount, useNodeView, useRunView, useScene } from './scene';
import { useAction } from '../live/action';
import { useStore } from '../live/store';
import { busy, Refused } from '../parts/Do';

type Values = { readonly [port: string]: Json };

/** Take the literals that were typed into the paused run itself, instead of running anew. */
export function ChangeHere({ node }: { node: GraphNode }): ReactElement | null {
  const { host, runId, edits } = useScene();
  const mine = useStore(edits, all => all[node.id]);
  const isPaused = useRunView(live => live.view.status === 'paused');
  const view = useNodeView(node.id);
  const count = useEditCount(node.id);
  const changing = useAction();
  if (!isPaused || count === 0 || !mine || view?.status !== 'pending') return null;

  async function change(values: Values): Promise<void> {
    await changeValues(host, runId ?? '', node.id, values);
    if (edits.get()[node.id] === values) edits.update(old => discarded(old, node.id)); // else more was typed
  }

  return (
    <>
      <button
        type="button"
        className="pai-Button"
        title="The paused run itself goes on with it"
        {...busy(changing)}
        onClick={() => changing.run(() => change(mine))}
      >
        Change in this run
      </button>
      <Refused by={changing} />
    </>
  );
}

/** Another value for what a recorded node of a paused run gave; its record stays as it is. */
export function ChangeOutput({ node, port, value }: { node: string; port: string; value: ValueInfo }): ReactElement | null {
  const { host, runId } = useScene();
  const isPaused = useRunView(live => live.view.status === 'paused');
  const [text, setText] = useState<string | null>(null);
  const changing = useAction();
  const [isNoJson, setNoJson] = useState(false);
  if (!isPaused || value.media_type !== 'application/json') return null;
  if (text === null) {
    return (
      <button type="button" className="pai-Link" onClick={() => setText(JSON.stringify(value.preview ?? null, null, 2))}>
        Change…
      </button>
    );
  }

  function use(): void {
    let typed: Json;
    try {
      typed = JSON.parse(text ?? '') as Json;
    } catch {
      return setNoJson(true);
    }
    setNoJson(false);
    changing.run(async () => {
      await changeValues(host, runId ?? '', node, { [port]: typed });
      setText(null);
    });
  }

  function keyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    setText(null);
  }

  return (
    <div className="pai-Change" onKeyDown={keyDown}>
      <textarea
        rows={Math.min(8, text.split('\n').length)}
        value={text}
        autoFocus
        spellCheck={false}
        aria-label={`${port} of ${node}, as JSON`}
        aria-invalid={isNoJson || undefined}
        onChange={event => setText(event.target.value)}
      />
      <p>
        <button type="button" className="pai-Button" {...busy(changing)} onClick={use}>
          Use it
        </button>
        <button type="button" className="pai-Link" onClick={() => setText(null)}>
          Leave it
        </button>
      </p>
      {isNoJson && <small role="alert">That is no JSON.</small>}
      <Refused by={changing} />
    </div>
  );
}
