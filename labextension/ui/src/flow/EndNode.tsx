import type { NodeProps } from '@xyflow/react';
import { memo, type ReactElement, useContext } from 'react';
import { type EndElement, END } from './elements';
import { fitting } from './fitting';
import { Glyph } from './Glyph';
import { DetailContext } from './scene';
import { shortJson } from './words';

/** What the flow takes, or gives back. */
export const EndNode = memo(function EndNode({ data }: NodeProps<EndElement>): ReactElement {
  const detail = useContext(DetailContext);
  const name = 'input' in data ? data.input.name : data.output.name;
  const size = detail === 'full' ? undefined : { fontSize: fitting(name, 82, 28) };
  if ('input' in data) {
    const { input } = data;
    return (
      <div className="pai-End" data-detail={detail} style={size} title={input.help || input.type}>
        <p>
          <span>{input.name}</span>
          <Glyph name={input.glyph} type={input.type} />
        </p>
        {detail === 'full' && (
          <p className="pai-quiet pai-End-value">{input.has_default ? shortJson(input.default ?? null, 40) : input.type}</p>
        )}
        <i className="pai-Port source" data-handleid={END} data-handlepos="right" style={{ top: '50%' }} />
      </div>
    );
  }
  return (
    <div className="pai-End" data-kind="output" data-detail={detail} style={size}>
      <i className="pai-Port target" data-handleid={END} data-handlepos="left" style={{ top: '50%' }} />
      <p>
        <Glyph name={data.output.glyph} />
        <span>{data.output.name}</span>
      </p>
    </div>
  );
});
