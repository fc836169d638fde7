import { type KeyboardEvent, type ReactElement, useRef, useState } from 'react';
import type { Host } from '../api/host';
import { runtimeStatus } from '../api/runs';
import {
  dropTrigger, type Kind, listTriggers, rotate, runNow, type Secrets, switchTrigger, type Triggers
} from '../api/triggers';
import { age } from '../format';
import { useNow } from '../live/useNow';
import { type Polled, usePolled } from '../live/usePolled';
import { useRemembered } from '../live/useRemembered';
import { useVisible } from '../live/useVisible';
import { RunDetail, type RunShape } from '../panels/RunDetail';
import { RuntimeNotice } from '../panels/RuntimeNotice';
import { Skeleton, Strip } from '../parts/Notice';
import { AllTriggers } from './AllTriggers';
import { NewTrigger } from './NewTrigger';
import { ScheduleDetail } from './ScheduleDetail';
import { WebhookDetail } from './WebhookDetail';

const EVERY_MS = 2000;
const ADDRESS_MS = 60_000;

/** Where in the panel somebody is; kept over a reload. */
interface Place {
  readonly kind: Kind;
  readonly name: string | null;
}

/** What starts runs by itself, live. */
export function TriggersPanel({ host }: { host: Host }): ReactElement {
  const root = useRef<HTMLElement>(null);
  const last = useRef<string | null>(null);
  const isVisible = useVisible(root);
  const now = useNow(isVisible);
  const [place, setPlace] = useRemembered<Place>('triggers', { kind: 'schedules', name: null });
  const [isNew, setNew] = useState(false);
  const [runId, setRun] = useState<string | null>(null);
  const [shape, setShape] = useState<RunShape>('list');
  const [told, setTold] = useState<{ name: string; secrets: Secrets } | null>(null);
  const triggers = usePolled(() => listTriggers(host), EVERY_MS, isVisible && runId === null);
  const address = usePolled(() => runtimeStatus(host), ADDRESS_MS, isVisible && place.kind === 'webhooks');

  /** Refused or not, what is shown here may be old. */
  async function change(what: Promise<unknown>): Promise<void> {
    await what.finally(triggers.refresh);
  }

  function open(name: string | null, kind = place.kind): void {
    if (name !== told?.name) setTold(null);
    last.current = place.name;
    setNew(false);
    setPlace({ kind, name });
  }

  async function drop(name: string): Promise<void> {
    await change(dropTrigger(host, place.kind, name));
    open(null);
  }

  function keyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || runId !== null) return;
    if (place.name === null) return;
    event.stopPropagation();
    open(null);
  }

  function content({ schedules, webhooks }: Triggers): ReactElement {
    const schedule = place.kind === 'schedules' ? schedules.find(each => each.name === place.name) : undefined;
    const webhook = place.kind === 'webhooks' ? webhooks.find(each => each.name === place.name) : undefined;
    if (isNew) {
      return (
        <NewTrigger
          host={host}
          kind={place.kind}
          taken={(place.kind === 'schedules' ? schedules : webhooks).map(each => each.name)}
          now={now}
          onBack={() => setNew(false)}
          onMade={(name, secrets) => {
            if (secrets) setTold({ name, secrets });
            setNew(false);
            setPlace({ ...place, name });
            triggers.refresh();
          }}
        />
      );
    }
    const shared = { host, now, onBack: () => open(null), onOpenRun: setRun };
    if (schedule) {
      const { name } = schedule;
      return (
        <ScheduleDetail
          key={name}
          {...shared}
          schedule={schedule}
          onRun={() => change(runNow(host, name))}
          onSwitch={on => change(switchTrigger(host, 'schedules', name, on))}
          onDrop={() => drop(name)}
        />
      );
    }
    if (webhook) {
      const { name } = webhook;
      return (
        <WebhookDetail
          key={name}
          {...shared}
          webhook={webhook}
          secrets={told?.name === name ? told.secrets : null}
          isVisible={isVisible}
          address={address.data?.address ?? ''}
          onSwitch={on => change(switchTrigger(host, 'webhooks', name, on))}
          onRotate={async what => setTold({ name, secrets: await rotate(host, name, what) })}
          onDrop={() => drop(name)}
        />
      );
    }
    return (
      <AllTriggers
        kind={place.kind}
        schedules={schedules}
        webhooks={webhooks}
        now={now}
        last={last.current}
        onKind={kind => open(null, kind)}
        onNew={() => setNew(true)}
        onOpen={open}
      />
    );
  }

  return (
    <section className="pai-Panel" aria-label="Schedules and webhooks" ref={root} onKeyDown={keyDown}>
      {runId !== null ? (
        <RunDetail
          key={runId}
          host={host}
          runId={runId}
          now={now}
          shape={shape}
          onShape={setShape}
          onBack={() => setRun(null)}
        />
      ) : (
        <Loaded host={host} triggers={triggers} now={now} content={content} />
      )}
    </section>
  );
}

interface LoadedProps {
  host: Host;
  triggers: Polled<Triggers>;
  now: number;
  content(triggers: Triggers): ReactElement;
}

function Loaded({ host, triggers, now, content }: LoadedProps): ReactElement {
  const { data, problem, asOf } = triggers;
  if (data === null) {
    return problem ? <RuntimeNotice host={host} problem={problem} onUp={triggers.refresh} /> : <Skeleton />;
  }
  return (
    <>
      {problem && asOf !== null && <Strip>Connection lost, data is {age(asOf, now)} old. Trying again…</Strip>}
      {content(data)}
    </>
  );
}
