import { type FormEvent, type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { type Host, Problem } from '../api/host';
import { type Kind, listVersions, putSchedule, putWebhook, type Secrets, type Version } from '../api/triggers';
import type { Json } from '../contracts/events';
import { defaultsOf, InputFields, type Inputs, missingOf } from '../flow/InputFields';
import { useGraph } from '../flow/useGraph';
import { count } from '../format';
import { useAction } from '../live/action';
import { usePolled } from '../live/usePolled';
import { busy, Refused, Said } from '../parts/Do';
import { Notice, Skeleton } from '../parts/Notice';
import { Field } from './Field';
import { Head } from './Head';
import { FIRST_WISH, said, type Wish } from './repeat';
import { VersionField } from './VersionField';
import { Preview, WhenFields } from './WhenFields';
import { MISSED, SIGNATURES, viewersZone } from './words';

interface NewTriggerProps {
  host: Host;
  kind: Kind;
  /** Names that are taken. */
  taken: readonly string[];
  now: number;
  onBack(): void;
  onMade(name: string, secrets: Secrets | null): void;
}

const EVERY_MS = 10_000;
/** How the API says that the fields of what is sent go to the inputs of their names. */
const FIELDS = '';

/** Makes a schedule or a webhook of a flow as it ran. */
export function NewTrigger(props: NewTriggerProps): ReactElement {
  const { host, kind, onBack } = props;
  const versions = usePolled(() => listVersions(host), EVERY_MS, true);
  const title = kind === 'schedules' ? 'New schedule' : 'New webhook';

  function keyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onBack();
  }

  return (
    <section aria-label={title} onKeyDown={keyDown}>
      <Head title={title} back={`Back to all ${kind}`} onBack={onBack} />
      {versions.data === null ? (
        versions.problem ? <Notice title="The flows can’t be told" kind="error"><p><Said problem={versions.problem} /></p></Notice> : <Skeleton />
      ) : versions.data.length === 0 ? (
        <Notice title="Nothing to pick yet">
          <p>A flow can be picked here once it has run, exactly as it ran. Run one in a cell:</p>
          <pre>{'run = report.run()\nrun'}</pre>
        </Notice>
      ) : (
        <Form {...props} versions={versions.data} />
      )}
    </section>
  );
}

function Form({ host, kind, taken, now, onMade, versions }: NewTriggerProps & { versions: readonly Version[] }): ReactElement {
  const [like, setLike] = useState(versions[0]?.run_id ?? '');
  const flow = versions.find(each => each.run_id === like)?.flow ?? '';
  const [typedName, setName] = useState<string | null>(null);
  const [wish, setWish] = useState<Wish>(FIRST_WISH);
  const [zone, setZone] = useState(viewersZone);
  const [missed, setMissed] = useState('once');
  const [chosenBody, setBody] = useState<string | null>(null);
  const [signature, setSignature] = useState('none');
  const making = useAction();
  const { graph: seen, problem, isCurrent } = useGraph(host, undefined, like || null, null);
  const graph = isCurrent ? seen : null; // that of another flow has other inputs
  const all = graph?.inputs ?? [];
  // Enter keeps a value and sends the form at once, before a state would have come round.
  const given = useRef<Inputs>({});
  const [, setTurn] = useState(0);
  const name = typedName ?? unused(flow, taken);

  useEffect(() => {
    given.current = defaultsOf(graph?.inputs ?? []);
    setBody(null);
    setTurn(n => n + 1);
  }, [graph?.hash]);

  const free = all.map(each => each.name);
  const body = chosenBody ?? (free.includes('body') ? 'body' : (free[0] ?? FIELDS));
  const inputs = kind === 'webhooks' ? (body === FIELDS ? [] : all.filter(each => each.name !== body)) : all;

  function change(input: string, value: Json): void {
    given.current = { ...given.current, [input]: value };
    setTurn(n => n + 1);
  }

  async function make(): Promise<void> {
    const missing = missingOf(inputs, given.current);
    const when = said(wish);
    if (missing.length > 0) throw new Problem('missing', `Still missing: ${missing.join(', ')}`);
    if (kind === 'schedules' && 'missing' in when) throw new Problem('missing', when.missing);
    const target = { like, inputs: Object.fromEntries(inputs.map(each => [each.name, given.current[each.name] ?? null])) };
    if (kind === 'webhooks') onMade(name, await putWebhook(host, name, target, { body, signature }));
    else if (!('missing' in when)) {
      await putSchedule(host, name, target, { ...when, zone, missed });
      onMade(name, null);
    }
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (graph) making.run(make);
  }

  return (
    <form className="pai-TriggerForm" onSubmit={submit}>
      <VersionField versions={versions} now={now} value={like} onChange={setLike} />
      <Field label="Name" help={taken.includes(name) ? 'There is one of this name: it is changed.' : undefined}>
        {tie => (
          <input {...tie} type="text" required maxLength={200} value={name} onChange={event => setName(event.target.value)} />
        )}
      </Field>
      {kind === 'schedules' ? (
        <>
          <WhenFields wish={wish} zone={zone} onWish={setWish} onZone={setZone} />
          <Preview host={host} wish={wish} zone={zone} now={now} />
          <Field label="If missed" help="While the runtime is not up">
            {tie => (
              <select {...tie} value={missed} onChange={event => setMissed(event.target.value)}>
                {Object.entries(MISSED).map(([value, word]) => (
                  <option key={value} value={value}>
                    {word}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </>
      ) : (
        <>
          <Field label="Body" help="Where what is sent goes">
            {tie => (
              <select {...tie} value={body} onChange={event => setBody(event.target.value)}>
                {free.map(each => (
                  <option key={each} value={each}>
                    to the input {each}
                  </option>
                ))}
                <option value={FIELDS}>its fields to the inputs of their names</option>
              </select>
            )}
          </Field>
          <Field label="Signed" help={signature === 'none' ? undefined : 'Its secret is shown once, when it is made'}>
            {tie => (
              <select {...tie} value={signature} onChange={event => setSignature(event.target.value)}>
                {Object.entries(SIGNATURES).map(([value, word]) => (
                  <option key={value} value={value}>
                    {word}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </>
      )}
      {problem && <p className="pai-NextTimes-problem" role="alert"><Said problem={problem} /></p>}
      {inputs.length > 0 && (
        <fieldset className="pai-TriggerForm-inputs" key={`${graph?.hash}/${body}`}>
          <legend className="pai-Section">{count(inputs.length, 'input')}, the same every time</legend>
          <InputFields inputs={inputs} values={given.current} onChange={change} />
        </fieldset>
      )}
      <Refused by={making} />
      <div className="pai-Trigger-do">
        <button type="submit" className="pai-Button pai-primary" disabled={!graph || !name.trim()} {...busy(making)}>
          {kind === 'schedules' ? 'Make schedule' : 'Make webhook'}
        </button>
      </div>
    </form>
  );
}

/** The flow's name, with a number where that is taken. */
export function unused(flow: string, taken: readonly string[]): string {
  if (!taken.includes(flow)) return flow;
  let n = 2;
  while (taken.includes(`${flow} ${n}`)) n++;
  return `${flow} ${n}`;
}
