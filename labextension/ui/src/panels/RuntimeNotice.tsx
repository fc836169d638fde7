import { type ReactElement, useEffect, useRef } from 'react';
import type { Host, Problem } from '../api/host';
import { runtimeStatus, startRuntime } from '../api/runs';
import { usePolled } from '../live/usePolled';
import { Do } from '../parts/Do';
import { Notice, Skeleton, WithCode } from '../parts/Notice';

const EVERY_MS = 1000;

/** Why there is nothing to show, and the one thing to do about it. */
export function RuntimeNotice(props: { host: Host; problem: Problem; onUp(): void }): ReactElement {
  const { host, problem, onUp } = props;
  const { data: status, problem: unreached, asOf, refresh } = usePolled(() => runtimeStatus(host), EVERY_MS, true);
  const up = useRef(onUp);
  up.current = onUp;

  useEffect(() => {
    if (status?.state === 'up') up.current();
  }, [status, asOf]);

  async function start(): Promise<void> {
    await startRuntime(host);
    refresh(); // an answer from before would offer the button again
  }

  if (unreached) return <Explained problem={problem} />;
  if (status === null) return <Skeleton />;
  if (status.state === 'up') return <Explained problem={problem} />;
  if (status.state === 'starting') {
    return (
      <Notice title="The runtime is starting">
        <p>The database, the gateway and a worker come up on this machine. This takes a few seconds.</p>
      </Notice>
    );
  }
  return (
    <Notice
      title={status.state === 'failed' ? 'The runtime did not start' : 'The runtime is not running'}
      kind={status.state === 'failed' ? 'error' : 'plain'}
    >
      <p className="pai-said">{status.detail}</p>
      <p className="pai-quiet">
        <WithCode text={status.remedy} />
      </p>
      {status.can_start && <Do label="Start the runtime" className="pai-Button pai-primary" onDo={start} />}
    </Notice>
  );
}

function Explained({ problem }: { problem: Problem }): ReactElement {
  return (
    <Notice title={problem.code === 'offline' ? 'No connection' : 'This did not work'} kind="error">
      <p>{problem.message}</p>
      {problem.remedy && (
        <p className="pai-quiet">
          <WithCode text={problem.remedy} />
        </p>
      )}
    </Notice>
  );
}
