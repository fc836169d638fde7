import type { NodeProps } from '@xyflow/react';
import { memo, type ReactElement, useContext } from 'react';
import { type FlowInput, type FlowOutput, INPUT } from '../contracts/graph';
import { useStore } from '../live/store';
import { type EndElement, END } from './elements';
import { fitting } from './fitting';
import { Glyph } from './Glyph';
import { Literal } from './Literal';
import { DetailContext, useScene } from './scene';
import { kindWord } from './value';

/** What the flow takes, or gives back. */
export const EndNode = memo(function EndNode({ data }: NodeProps<EndElement>): ReactElement {
  return 'input' in data ? <InputEnd input={data.input} /> : <OutputEnd output={data.output} />;
});

function InputEnd({ input }: { input: FlowInput }): ReactElement {
  const detail = useContext(DetailContext);
  return (
    <div className="pai-End" data-detail={detail} style={letters(input.name, detail)} title={[input.type, input.help].filter(Boolean).join(' · ')}>
      <p>
        <span>{input.name}</span>
        <Glyph name={input.glyph} type={input.type} />
      </p>
      {detail === 'full' && <InputValue input={input} />}
      <i className="pai-Port source" data-handleid={END} data-handlepos="right" style={{ top: '50%' }} />
    </div>
  );
}

/** What the run was given, which can be changed for the next one; before a run, the default. */
function InputValue({ input }: { input: FlowInput }): ReactElement {
  const { runId, given } = useScene();
  const inputs = useStore(given, each => each);
  const ref = inputs?.refs[input.name];
  if (runId === null || ref || !inputs || !Object.hasOwn(inputs.inputs, input.name)) {
    const words = ref ? kindWord(ref.media_type) : input.type;
    return (
      <p className="pai-End-value">
        {runId === null && input.has_default ? (
          <Literal {...literal(input)} value={input.default ?? null} isGiven canEdit={false} />
        ) : (
          <span className="pai-quiet">{words}</span>
        )}
      </p>
    );
  }
  return (
    <p className="pai-End-value">
      <Literal {...literal(input)} value={inputs.inputs[input.name] ?? null} isGiven canEdit />
    </p>
  );
}

function literal(input: FlowInput): { node: string; port: string; schema: FlowInput['schema']; isRequired: boolean } {
  return { node: INPUT, port: input.name, schema: input.schema, isRequired: !input.has_default };
}

function OutputEnd({ output }: { output: FlowOutput }): ReactElement {
  const detail = useContext(DetailContext);
  return (
    <div className="pai-End" data-kind="output" data-detail={detail} style={letters(output.name, detail)}>
      <i className="pai-Port target" data-handleid={END} data-handlepos="left" style={{ top: '50%' }} />
      <p>
        <Glyph name={output.glyph} />
        <span>{output.name}</span>
      </p>
    </div>
  );
}

function letters(name: string, detail: string): { fontSize: number } | undefined {
  return detail === 'full' ? undefined : { fontSize: fitting(name, 64, 26) };
}
