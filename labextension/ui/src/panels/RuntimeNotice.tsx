import { type ReactElement, useEffect, useRef, useState } from 'react';
import { Problem, type Host } from '../api/host';
import { type RuntimeStatus, runtimeStatus, startRuntime } from '../api/runs';
import { Notice, Skeleton, WithCode } from '../parts/Notice';

const EVERY_MS = 1000;

/** Why there is nothing to show, and the one thing to do about it. */
export function RuntimeNotice(props: { host: Host; problem: Problem; onUp(): void }): ReactElement {
  const { host, problem, onUp } = props;
  const [status, setStatus] = useState<RuntimeStatus | null>(null);
  const [reached, setReached] = useState(true);
  const up = useRef(onUp);
  up.current = onUp;

  useEffect(() => {
    let isStopped = false;
    let timer: ReturnType<typeof setTimeout>;
    async function look(): Promise<void> {
      try {
        const found = await runtimeStatus(host);
        if (isStopped) return;
        setStatus(found);
        setReached(true);
        if (found.state === 'up') up.current();
      } catch {
        if (!isStopped) setReached(false);
      }
      if (!isStopped) timer = setTimeout(() => void look(), EVERY_MS);
    }
    void look();
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, [host]);

  if (!reached) return <Explained problem={problem} />;
  if (status === null) return <Skeleton />;
  if (status.state === 'up') return <Explained problem={problem} />;
  if (status.state === 'starting') {
    return (
      <Notice title="The runtime is starting">
        <p>The database, the gateway and a worker come up on this machine. This takes a few seconds.</p>
      </Notice>
    );
  }
  const start = { label: 'Start the runtime', onClick: () => void startRuntime(host).then(setStatus) };
  return (
    <Notice
      title={status.state === 'failed' ? 'The runtime did not start' : 'The runtime is not running'}
      kind={status.state === 'failed' ? 'error' : 'plain'}
      action={status.can_start ? start : undefined}
    >
      <p className="pai-said">{status.detail}</p>
      <p className="pai-quiet">
        <WithCode text={status.remedy} />
      </p>
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
