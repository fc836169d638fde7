import { type ReactElement, useState } from 'react';
import type { Kind, Schedule, Webhook } from '../api/triggers';
import { Notice } from '../parts/Notice';
import { TriggerList } from './TriggerList';

interface AllTriggersProps {
  kind: Kind;
  schedules: readonly Schedule[];
  webhooks: readonly Webhook[];
  now: number;
  /** The one that somebody comes back from. */
  last?: string | null;
  onKind(kind: Kind): void;
  onNew(): void;
  onOpen(name: string): void;
}

/** Fewer than this are seen at once. */
const TO_FILTER = 8;

/** Schedules or webhooks, and the way to the other. */
export function AllTriggers({ kind, schedules, webhooks, now, last = null, onKind, onNew, onOpen }: AllTriggersProps): ReactElement {
  const [filter, setFilter] = useState('');
  const all: readonly (Schedule | Webhook)[] = kind === 'schedules' ? schedules : webhooks;
  const wanted = filter.trim().toLowerCase();
  const found = all.filter(each => `${each.name} ${each.flow}`.toLowerCase().includes(wanted));
  return (
    <>
      <header className="pai-RunHead">
        <div className="pai-Choice" role="group" aria-label="What starts runs">
          <button type="button" aria-pressed={kind === 'schedules'} onClick={() => onKind('schedules')}>
            Schedules {schedules.length > 0 && <small>{schedules.length}</small>}
          </button>
          <button type="button" aria-pressed={kind === 'webhooks'} onClick={() => onKind('webhooks')}>
            Webhooks {webhooks.length > 0 && <small>{webhooks.length}</small>}
          </button>
        </div>
        {all.length > 0 && (
          <button type="button" className="pai-Button pai-Trigger-new" aria-label={kind === 'schedules' ? 'New schedule' : 'New webhook'} onClick={onNew}>
            New
          </button>
        )}
      </header>
      {all.length >= TO_FILTER && (
        <span className="pai-Editor pai-Trigger-filter">
          <input type="search" aria-label="Filter" placeholder="Filter" value={filter} onChange={event => setFilter(event.target.value)} />
        </span>
      )}
      {all.length === 0 ? (
        kind === 'schedules' ? <NoSchedules onNew={onNew} /> : <NoWebhooks onNew={onNew} />
      ) : found.length === 0 ? (
        <p className="pai-Trigger-none">None of {all.length} is called “{filter.trim()}”.</p>
      ) : (
        <TriggerList triggers={found} label={kind === 'schedules' ? 'Schedules' : 'Webhooks'} now={now} last={last} onOpen={onOpen} />
      )}
    </>
  );
}

function NoSchedules({ onNew }: { onNew(): void }): ReactElement {
  return (
    <Notice title="No schedules yet" action={{ label: 'New schedule', onClick: onNew }}>
      <p>A schedule runs a flow when its time comes: every morning, every hour, once. No notebook has to be open.</p>
      <p>Make one here of a flow that has run, or in a cell:</p>
      <pre>{'pai.schedule(\n  report,\n  cron="30 7 * * mon-fri",\n  zone="Europe/Berlin",\n)'}</pre>
    </Notice>
  );
}

function NoWebhooks({ onNew }: { onNew(): void }): ReactElement {
  return (
    <Notice title="No webhooks yet" action={{ label: 'New webhook', onClick: onNew }}>
      <p>A webhook is an address that runs a flow on what is sent to it: by a shop, by GitHub, by a script.</p>
      <p>Make one here of a flow that has run, or in a cell:</p>
      <pre>{'made = pai.webhook(keep)\nmade.path'}</pre>
    </Notice>
  );
}
