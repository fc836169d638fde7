import { type ReactElement, useEffect, useState } from 'react';
import { type Host, wordsOf } from '../api/host';
import { blobOf } from '../api/runs';
import type { ValueInfo } from '../contracts/events';
import { bytes } from '../format';
import { useScene } from './scene';

/** Larger ones wait until somebody asks for them. */
const MOST_BYTES = 4_000_000;

/** An image that a node made, by the hash of its bytes. */
export function BlobImage({ sha256, value }: { sha256: string; value: ValueInfo }): ReactElement {
  const { host } = useScene();
  const [isWanted, setWanted] = useState(value.size <= MOST_BYTES);
  const { url, problem } = useBlob(host, isWanted ? sha256 : null);
  const words = `${value.about ?? value.media_type}, ${bytes(value.size)}`;
  if (problem) return <p className="pai-Preview-opaque">{words}. It can’t be shown: {problem}</p>;
  if (!isWanted) {
    return (
      <p className="pai-Preview-opaque">
        {words}{' '}
        <button type="button" className="pai-Link" onClick={() => setWanted(true)}>
          Show
        </button>
      </p>
    );
  }
  return url ? <img src={url} alt={words} title={words} draggable={false} /> : <p className="pai-Preview-opaque">{words}…</p>;
}

function useBlob(host: Host, sha256: string | null): { url: string | null; problem: string | null } {
  const [found, setFound] = useState<{ url: string | null; problem: string | null }>({ url: null, problem: null });
  useEffect(() => {
    if (sha256 === null) return;
    let isStopped = false;
    let url: string | null = null;
    blobOf(host, sha256).then(
      blob => {
        if (isStopped) return;
        url = URL.createObjectURL(blob);
        setFound({ url, problem: null });
      },
      error => {
        if (!isStopped) setFound({ url: null, problem: wordsOf(error) });
      }
    );
    return () => {
      isStopped = true;
      if (url) URL.revokeObjectURL(url);
    };
  }, [host, sha256]);
  return found;
}
