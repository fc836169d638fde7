import type { ReactElement } from 'react';
import type { GraphPort } from '../contracts/graph';
import { Glyph } from './Glyph';
import { useNodeView } from './scene';
import { shownOf, wordsOf } from './value';

/** An output of a node, and what came out of it, if that takes no room. */
export function OutputRow({ node, port }: { node: string; port: GraphPort }): ReactElement {
  const view = useNodeView(node);
  const value = view?.outputs[port.name];
  const shown = value && shownOf(value);
  return (
    <li className="pai-Output" title={[port.type, port.help].filter(Boolean).join(' · ')}>
      {shown && (
        <span className="pai-Output-value" data-kind={shown.kind}>
          {shown.kind === 'scalar' ? shown.text : wordsOf(value)}
        </span>
      )}
      <span className="pai-Output-name">{port.name}</span>
      <Glyph name={port.glyph} type={port.type} />
    </li>
  );
}
