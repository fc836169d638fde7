import { type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { wordsOf } from '../api/host';
import { editablesOf, type Editable, type Inputs } from '../api/questions';
import { ValueEditor } from '../flow/ValueEditor';
import { shortJson } from '../flow/words';
import { count } from '../format';
import { busy } from '../parts/Do';
import type { AnswerProps } from './QuestionCard';

type Mode = 'choose' | 'edit' | 'reject';

/** May it run on these inputs? Yes, yes with changes, or no with a reason. */
export function ApprovalAnswer(props: AnswerProps): ReactElement {
  const { question, sent, say, onEditing } = props;
  const [mode, setMode] = useState<Mode>('choose');
  const [last, setLast] = useState<Mode>('choose');
  const back = (): void => turn('choose');

  function turn(next: Mode): void {
    if (sent) return;
    setLast(mode);
    setMode(next);
    onEditing(next === 'edit');
  }

  function keyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || mode === 'choose') return;
    event.stopPropagation();
    back();
  }

  return (
    <div className="pai-Approval" onKeyDown={keyDown}>
      {question.block && mode === 'choose' && (
        <p className="pai-quiet">
          <code>{question.block}</code> would run on exactly this
          {question.inputs_hash && <span title={`Hash of block and inputs: ${question.inputs_hash}`}> ({question.inputs_hash.slice(0, 8)})</span>}.
        </p>
      )}
      {mode === 'edit' && <Edit {...props} onBack={back} />}
      {mode === 'reject' && <Reject {...props} onBack={back} />}
      {mode === 'choose' && (
        <div className="pai-Question-choices">
          <button
            type="button"
            className="pai-Button pai-primary"
            {...busy({ isBusy: sent !== null })}
            onClick={() => say({ answer: 'approve' })}
          >
            Approve
          </button>
          <button type="button" className="pai-Button" autoFocus={last === 'edit'} aria-disabled={sent !== null || undefined} onClick={() => turn('edit')}>
            Edit…
          </button>
          <button type="button" className="pai-Button" autoFocus={last === 'reject'} aria-disabled={sent !== null || undefined} onClick={() => turn('reject')}>
            Reject…
          </button>
        </div>
      )}
    </div>
  );
}

interface PartProps extends AnswerProps {
  onBack(): void;
}

/** Yes, with some of the inputs changed. */
function Edit({ host, runId, node, question, sent, say, onBack }: PartProps): ReactElement {
  const [inputs, setInputs] = useState<readonly Editable[] | null>(null);
  const [changed, setChanged] = useState<Inputs>({});
  const [reason, setReason] = useState('');
  const [trouble, setTrouble] = useState<string | null>(null);

  useEffect(() => {
    let isHere = true;
    editablesOf(host, runId, question.id, node).then(
      found => isHere && setInputs(found),
      error => isHere && setTrouble(wordsOf(error))
    );
    return () => {
      isHere = false;
    };
  }, [host, runId, question.id, node]);

  function change({ name, value }: Editable, next: Editable['value']): void {
    setChanged(old => {
      const { [name]: _, ...rest } = old;
      return JSON.stringify(next) === JSON.stringify(value) ? rest : { ...rest, [name]: next };
    });
  }

  const changes = Object.keys(changed).length;
  return (
    <>
      {trouble && <p role="alert">{trouble}</p>}
      {inputs?.length === 0 && <p className="pai-quiet">None of its inputs can be typed in.</p>}
      {inputs?.map((each, n) => (
        <label key={each.name} className="pai-Field" data-edited={each.name in changed || undefined}>
          <span>
            {each.name}
            {each.name in changed && <span className="pai-quiet"> was {shortJson(each.value, 80)}</span>}
          </span>
          <ValueEditor
            label={`${each.name} of ${node}`}
            schema={each.schema}
            value={changed[each.name] ?? each.value}
            autoFocus={n === 0}
            onChange={next => change(each, next)}
          />
        </label>
      ))}
      <Reason label="Why (may be left out)" reason={reason} onReason={setReason} />
      <div className="pai-Question-choices">
        <button
          type="button"
          className="pai-Button pai-primary"
          disabled={changes === 0}
          {...busy({ isBusy: sent !== null })}
          onClick={() => say({ answer: 'edit', inputs: changed, reason })}
        >
          Approve with {changes === 0 ? 'changes' : count(changes, 'change')}
        </button>
        <button type="button" className="pai-Button" onClick={onBack}>
          Back
        </button>
      </div>
    </>
  );
}

/** No, and why. */
function Reject({ sent, say, onBack }: PartProps): ReactElement {
  const [reason, setReason] = useState('');
  return (
    <>
      <Reason label="Why not" reason={reason} onReason={setReason} hasFocus />
      <div className="pai-Question-choices">
        <button
          type="button"
          className="pai-Button pai-danger"
          disabled={reason.trim() === ''}
          {...busy({ isBusy: sent !== null })}
          onClick={() => say({ answer: 'reject', reason: reason.trim() })}
        >
          Reject
        </button>
        <button type="button" className="pai-Button" onClick={onBack}>
          Back
        </button>
      </div>
    </>
  );
}

interface ReasonProps {
  label: string;
  reason: string;
  hasFocus?: boolean;
  onReason(reason: string): void;
}

function Reason({ label, reason, hasFocus = false, onReason }: ReasonProps): ReactElement {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (hasFocus) field.current?.focus();
  }, [hasFocus]);
  return (
    <label className="pai-Field pai-Editor">
      <span>{label}</span>
      <textarea ref={field} rows={2} value={reason} onChange={event => onReason(event.target.value)} />
    </label>
  );
}
