import { type ReactElement, useEffect, useState } from 'react';
import { type Host, wordsOf } from '../api/host';
import { bytesOf, type Shown } from '../api/memory';
import type { Json } from '../contracts/events';
import { bytes } from '../format';
import { Do } from '../parts/Do';
import { Book } from './Book';
import { JsonTree } from './JsonTree';

/** Larger images wait until somebody asks for them. */
const MOST_BYTES = 8_000_000;

/** Content as what it is. */
export function Content({ host, shown }: { host: Host; shown: Shown }): ReactElement {
  return (
    <section className="pai-Content" aria-label="Content">
      <Body host={host} shown={shown} />
      <div className="pai-Content-foot pai-quiet">
        <span>{footOf(shown)}</span>
        {shown.raw && <Download host={host} raw={shown.raw} />}
      </div>
    </section>
  );
}

function Body({ host, shown }: { host: Host; shown: Shown }): ReactElement {
  switch (shown.kind) {
    case 'text':
      return <pre className="pai-Content-text" tabIndex={0}>{shown.text || '(empty)'}</pre>;
    case 'json':
      return <JsonTree value={shown.value} />;
    case 'table':
      return <TableOf columns={shown.columns} rows={shown.rows} />;
    case 'image':
      return <Image host={host} shown={shown} />;
    case 'notebook':
      return <Book value={shown.value} />;
    case 'bytes':
      return <p className="pai-Content-none">{shown.about || `${shown.media_type} is not shown here.`}</p>;
    case 'none':
      return <p className="pai-Content-none">{shown.about}</p>;
  }
}

function footOf(shown: Shown): string {
  const said = [shown.kind === 'none' || shown.kind === 'bytes' ? '' : shown.about];
  if (!shown.is_whole && shown.kind !== 'bytes') said.push('its beginning is shown');
  if (shown.size !== null && shown.kind !== 'none') said.push(bytes(shown.size));
  return said.filter(Boolean).join(' · ');
}

export function TableOf({ columns, rows }: { columns: readonly string[]; rows: readonly (readonly Json[])[] }): ReactElement {
  return (
    <div className="pai-Content-table" tabIndex={0} role="region" aria-label="Table">
      <table>
        <thead>
          <tr>
            {columns.map((name, n) => (
              <th key={n} scope="col" data-number={isNumber(rows[0]?.[n] ?? null) || undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, n) => (
            <tr key={n}>
              {columns.map((_, column) => (
                <CellOf key={column} value={row[column] ?? null} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CellOf({ value }: { value: Json }): ReactElement {
  if (value === null) return <td className="pai-quiet">–</td>;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return (
    <td data-number={isNumber(value) || undefined} title={text.length > 60 ? text : undefined}>
      {text}
    </td>
  );
}

/** Tables of text, CSV say, hold numbers as text. */
function isNumber(value: Json): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
}

function Image({ host, shown }: { host: Host; shown: Shown }): ReactElement {
  const [isWanted, setWanted] = useState((shown.size ?? 0) <= MOST_BYTES);
  const [url, setUrl] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { raw } = shown;
  useEffect(() => {
    setProblem(null);
    if (!isWanted || raw === null) return;
    let isStopped = false;
    let made: string | null = null;
    bytesOf(host, raw).then(
      blob => {
        if (isStopped) return;
        made = URL.createObjectURL(blob);
        setUrl(made);
      },
      error => isStopped || setProblem(wordsOf(error))
    );
    return () => {
      isStopped = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [host, raw, isWanted]);
  if (problem) return <p className="pai-Content-none">It can’t be shown: {problem}</p>;
  if (!isWanted) {
    return (
      <p className="pai-Content-none">
        <button type="button" className="pai-Button" onClick={() => setWanted(true)}>
          Show {bytes(shown.size ?? 0)}
        </button>
      </p>
    );
  }
  return url ? <img className="pai-Content-image" src={url} alt={`${shown.media_type}, ${bytes(shown.size ?? 0)}`} /> : <p className="pai-Content-none">Loading…</p>;
}

/** By the host’s own way to the server, so that it works where that needs a token. */
function Download({ host, raw }: { host: Host; raw: string }): ReactElement {
  async function save(): Promise<void> {
    const url = URL.createObjectURL(await bytesOf(host, raw));
    const link = document.createElement('a');
    link.href = url;
    link.download = decodeURIComponent(raw.split('?')[0]!.split('/').at(-1)!);
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
  return <Do label="Download" className="pai-Link" onDo={save} />;
}
