import type { ReactElement } from 'react';
import type { Host } from '../api/host';
import { type Delivery, deliveriesOf, type Secrets, type Webhook } from '../api/triggers';
import { usePolled } from '../live/usePolled';
import { Do, Said } from '../parts/Do';
import { Strip, WithCode } from '../parts/Notice';
import { Ago } from '../parts/small';
import { StateMark } from '../parts/StateMark';
import { Confirm } from './Confirm';
import { CopyText } from './CopyText';
import { GivenInputs } from './GivenInputs';
import { Fact, Head } from './Head';
import { curlOf, hookUrl, isReachable, outcomeOf, SIGNATURES } from './words';

const EVERY_MS = 2000;
const UNTOLD = '/persistentai/hooks/ADDRESS';

interface WebhookDetailProps {
  host: Host;
  webhook: Webhook;
  /** Of this page only: they are never told again. */
  secrets: Secrets | null;
  /** Where the gateway listens. */
  address: string;
  /** Whether somebody can see the panel: else nothing is asked. */
  isVisible: boolean;
  now: number;
  onBack(): void;
  onSwitch(on: boolean): Promise<void>;
  onRotate(what: 'address' | 'secret'): Promise<void>;
  onDrop(): Promise<void>;
  onOpenRun(runId: string): void;
}

/** One webhook: where to send to, what came, and what became of it. */
export function WebhookDetail(props: WebhookDetailProps): ReactElement {
  const { webhook, secrets, address, onBack, onSwitch, onRotate, onDrop } = props;
  const isSigned = webhook.signature !== 'none';
  return (
    <section aria-label={`Webhook ${webhook.name}`}>
      <Head title={webhook.name} back="Back to all webhooks" onBack={onBack} />
      <div className="pai-Trigger-do pai-Trigger-bar">
        <Do label={webhook.is_on ? 'Pause' : 'Resume'} onDo={() => onSwitch(!webhook.is_on)} />
        <Confirm
          label="Delete"
          question={`Delete ${webhook.name}? Its address is dead at once; the runs that it started stay.`}
          onYes={onDrop}
        />
      </div>
      {secrets && <Told {...props} secrets={secrets} />}
      <dl className="pai-Trigger-facts">
        <Fact name="Runs">{webhook.flow}</Fact>
        <Fact name="Body">
          {webhook.body_input === null ? 'its fields go to the inputs of their names' : <>goes to the input <code>{webhook.body_input}</code></>}
        </Fact>
        <Fact name="With">
          <GivenInputs inputs={webhook.inputs} />
        </Fact>
        <Fact name="Signed">{SIGNATURES[webhook.signature]}</Fact>
        <Fact name="By">{webhook.owner}</Fact>
      </dl>
      <Deliveries {...props} />
      {!secrets && (
        <>
          <h3 className="pai-Section">Address</h3>
          <p className="pai-Trigger-none">It was told when it was made, and is kept nowhere. Lost it? Make another one.</p>
        </>
      )}
      <div className="pai-Trigger-do pai-Trigger-bar">
        <Confirm
          label="New address"
          question="Make a new address? Whoever sends to the old one is refused from now on."
          onYes={() => onRotate('address')}
        />
        {isSigned && (
          <Confirm
            label="New secret"
            question="Make a new secret? What is signed with the old one is refused from now on."
            onYes={() => onRotate('secret')}
          />
        )}
      </div>
      {!secrets?.path && (
        <div className="pai-Trigger-example">
          <CopyText label="Example, with your address" text={curlOf(address, UNTOLD, webhook, secrets?.secret ?? null)} isLong />
        </div>
      )}
    </section>
  );
}

/** The address and the secret, this once. */
function Told({ webhook, secrets, address }: Pick<WebhookDetailProps, 'webhook' | 'address'> & { secrets: Secrets }): ReactElement {
  const { path, secret } = secrets;
  return (
    <div className="pai-Told" role="status">
      <b>Copy this now: it is not shown again.</b>
      {path && <CopyText label="Address" text={hookUrl(address, path)} />}
      {secret && <CopyText label="Signing secret" text={secret} />}
      {path && <CopyText label="Try it" text={curlOf(address, path, webhook, secret)} isLong />}
      {path && !isReachable(address) && (
        <p className="pai-quiet">
          This runtime listens on this machine only. For senders elsewhere, let it listen on a port, with{' '}
          <code>persistentai serve --port 8787</code> behind your own web server.
        </p>
      )}
    </div>
  );
}

function Deliveries({ host, webhook, isVisible, now, onOpenRun }: WebhookDetailProps): ReactElement {
  const { data, problem } = usePolled(() => deliveriesOf(host, webhook.name), EVERY_MS, isVisible);
  const refused = (data ?? []).filter(each => each.error).length;
  return (
    <>
      <h3 className="pai-Section">
        Last deliveries{webhook.received > 0 && ` · ${webhook.received.toLocaleString()} taken in all`}
        {refused > 0 && ` · ${refused} of the last ${data?.length} refused`}
      </h3>
      {problem && <Strip><Said problem={problem} /></Strip>}
      {data?.length === 0 && <p className="pai-Trigger-none">Nothing was sent yet.</p>}
      <ul aria-label="Last deliveries">
        {data?.map(each => (
          <li key={`${each.at}${each.run}`}>
            <Sent delivery={each} webhook={webhook} now={now} onOpenRun={onOpenRun} />
          </li>
        ))}
      </ul>
    </>
  );
}

interface SentProps extends Pick<WebhookDetailProps, 'webhook' | 'now' | 'onOpenRun'> {
  delivery: Delivery;
}

function Sent({ delivery, webhook, now, onOpenRun }: SentProps): ReactElement {
  const { run, error, status, at, named } = delivery;
  const state = error ? 'failed' : status === 200 ? 'reused' : (webhook.recent.find(each => each.run_id === run)?.status ?? 'completed');
  const content = (
    <>
      <StateMark state={state} />
      <span>{outcomeOf(delivery)}</span>
      <Ago at={at} now={now} />
      <small>
        {status}
        {named && ` · ${named}`}
        {error?.remedy && <> · <WithCode text={error.remedy} /></>}
      </small>
    </>
  );
  if (run === null) return <div className="pai-Trigger-run">{content}</div>;
  return (
    <button type="button" className="pai-Trigger-run" title={`Open ${run}`} onClick={() => onOpenRun(run)}>
      {content}
    </button>
  );
}
