import type { ReactElement } from 'react';
import type { Json, ValueInfo } from '../contracts/events';
import { bytes, count } from '../format';
import { BlobImage } from './BlobImage';
import { kindWord, type Shown, shownOf, wordsOf } from './value';
import { shortJson } from './words';

/** How much is shown on a node, and in the inspector. */
const LIMITS = {
  small: { rows: 3, columns: 3, lines: 4, json: 4 },
  large: { rows: 40, columns: 40, lines: 400, json: 400 }
};

type Size = keyof typeof LIMITS;

/** One look at a value. What cannot be shown says what it is. */
export function ValuePreview({ value, size }: { value: ValueInfo; size: Size }): ReactElement {
  const shown = shownOf(value);
  return (
    <div className="pai-Preview nopan nodrag" data-size={size} data-kind={shown.kind}>
      <Body shown={shown} value={value} size={size} />
    </div>
  );
}

function Body({ shown, value, size }: { shown: Shown; value: ValueInfo; size: Size }): ReactElement {
  switch (shown.kind) {
    case 'scalar':
      return <p className="pai-Preview-text">{shown.text}</p>;
    case 'text':
      return <Text text={shown.text} isWhole={shown.isWhole} value={value} most={LIMITS[size].lines} />;
    case 'table':
      return <Table {...shown} value={value} size={size} />;
    case 'pairs':
      return <Pairs pairs={shown.pairs} isWhole={shown.isWhole} value={value} most={LIMITS[size].rows + 1} />;
    case 'image':
      return <BlobImage sha256={shown.sha256} value={value} />;
    case 'json':
      return <Text text={JSON.stringify(shown.value, null, 1)} isWhole={shown.isWhole} value={value} most={LIMITS[size].json} isCode />;
    case 'opaque':
      return (
        <p className="pai-Preview-opaque">
          {value.about ? `${value.about} · ` : ''}
          {kindWord(value.media_type)}, {bytes(value.size)}.{' '}
          {value.expired_at ? 'It is no longer kept.' : <ReadIt />}
        </p>
      );
  }
}

function ReadIt(): ReactElement {
  return (
    <>
      Read it with <code>run.result()</code>.
    </>
  );
}

interface TextProps {
  text: string;
  isWhole: boolean;
  value: ValueInfo;
  most: number;
  isCode?: boolean;
}

function Text({ text, isWhole, value, most, isCode = false }: TextProps): ReactElement {
  const lines = text.split('\n');
  const hidden = lines.length - most;
  return (
    <>
      <p className="pai-Preview-text" data-code={isCode || undefined} title={hidden > 0 ? undefined : wordsOf(value)}>
        {hidden > 0 ? lines.slice(0, most).join('\n') : text}
        {!isWhole && hidden <= 0 && '…'}
      </p>
      {(hidden > 0 || !isWhole) && (
        <small className="pai-Preview-more">{isWhole ? count(hidden, 'more line') : `The beginning of ${wordsOf(value)}`}</small>
      )}
    </>
  );
}

interface TableProps {
  columns: readonly string[];
  rows: readonly (readonly Json[])[];
  isWhole: boolean;
  value: ValueInfo;
  size: Size;
}

function Table({ columns, rows, isWhole, value, size }: TableProps): ReactElement {
  const limits = LIMITS[size];
  const across = columns.slice(0, limits.columns);
  const down = rows.slice(0, limits.rows);
  return (
    <>
      <div className="pai-Preview-scroll">
        <table>
          <thead>
            <tr>
              {across.map((name, n) => (
                <th key={n} title={name} data-number={typeof down[0]?.[n] === 'number' || undefined}>
                  {name}
                </th>
              ))}
              {columns.length > across.length && <th className="pai-quiet pai-Preview-rest">+{columns.length - across.length}</th>}
            </tr>
          </thead>
          <tbody>
            {down.map((row, n) => (
              <tr key={n}>
                {across.map((_, column) => (
                  <Cell key={column} value={row[column] ?? null} />
                ))}
                {columns.length > across.length && <td />}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {size === 'large' && (!isWhole || rows.length > down.length) && (
        <small className="pai-Preview-more">The beginning of {wordsOf(value)}</small>
      )}
    </>
  );
}

interface PairsProps {
  pairs: readonly (readonly [string, Json])[];
  isWhole: boolean;
  value: ValueInfo;
  most: number;
}

function Pairs({ pairs, isWhole, value, most }: PairsProps): ReactElement {
  const hidden = pairs.length - most;
  return (
    <>
      <table>
        <tbody>
          {pairs.slice(0, most).map(([name, each]) => (
            <tr key={name}>
              <th scope="row" title={name}>
                {name}
              </th>
              <Cell value={each} />
            </tr>
          ))}
        </tbody>
      </table>
      {(hidden > 0 || !isWhole) && (
        <small className="pai-Preview-more">{isWhole ? `${hidden} more` : `The beginning of ${wordsOf(value)}`}</small>
      )}
    </>
  );
}

function Cell({ value }: { value: Json }): ReactElement {
  if (value === null) return <td className="pai-quiet">–</td>;
  const isNumber = typeof value === 'number';
  const text = isNumber ? compact(value) : shortJson(value, 60);
  return (
    <td data-number={isNumber || undefined} title={text}>
      {text}
    </td>
  );
}

/** Five digits say enough in a small table. */
function compact(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Number(value.toPrecision(5)).toString();
}
