import type { ReactElement, ReactNode } from 'react';
import type { GraphNode } from '../contracts/graph';

const EFFECTS: Record<string, { shape: ReactNode; word: string }> = {
  read: {
    word: 'Reads from the world',
    shape: (
      <>
        <path d="M1.8 8c1.7-2.8 3.8-4.1 6.2-4.1s4.5 1.3 6.2 4.1c-1.7 2.8-3.8 4.1-6.2 4.1S3.5 10.8 1.8 8z" />
        <circle cx="8" cy="8" r="1.8" />
      </>
    )
  },
  store: {
    word: 'Keeps records in the workspace',
    shape: <path d="M3 4.2c0-2.4 10-2.4 10 0v7.6c0 2.4-10 2.4-10 0zM3 4.2c0 2.4 10 2.4 10 0M3 8c0 2.4 10 2.4 10 0" />
  },
  write: { word: 'Changes the world', shape: <path d="M9.2 1.8 3.6 9h3.8l-.6 5.2L12.4 7H8.6z" /> },
  human: {
    word: 'Asks a person',
    shape: (
      <>
        <circle cx="8" cy="5" r="2.4" />
        <path d="M3.2 13.4c.5-2.9 2.4-4.2 4.8-4.2s4.3 1.3 4.8 4.2" />
      </>
    )
  }
};

/** What a node does beside giving its outputs; nothing where it does nothing. */
export function EffectBadge({ node }: { node: GraphNode }): ReactElement | null {
  const effect = EFFECTS[node.effect];
  if (!effect && !node.approval) return null;
  const inDoubt = node.effect === 'write' && !node.keyed;
  const facts = [
    effect?.word ?? 'Runs when somebody has said yes',
    node.approval && effect && 'asks first',
    node.effect === 'write' && (inDoubt ? 'after a crash it asks too' : 'safe to repeat')
  ];
  const word = facts.filter(Boolean).join('; ');
  return (
    <span className="pai-Badge" title={word}>
      <svg viewBox="0 0 16 16" role="img" aria-label={word}>
        {effect?.shape ?? EFFECTS['human']?.shape}
      </svg>
      {node.approval ? <b aria-hidden="true">✓?</b> : inDoubt && <b aria-hidden="true">?</b>}
    </span>
  );
}

/** A person's own code, so that nobody takes it for a block of the package. */
export function OwnBadge({ node }: { node: GraphNode }): ReactElement | null {
  if (!node.own) return null;
  return (
    <span className="pai-Badge" title={`Your own code: ${node.block}`}>
      <svg viewBox="0 0 16 16" role="img" aria-label="Your own code">
        <path d="M5.4 4.2 1.8 8l3.6 3.8M10.6 4.2 14.2 8l-3.6 3.8" />
      </svg>
    </span>
  );
}
