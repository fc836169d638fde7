import { type ReactElement, useRef, useState } from 'react';
import type { Host } from '../api/host';
import { type OpenQuestion, openQuestions } from '../api/questions';
import { hasEnded, listRuns, type RunSummary } from '../api/runs';
import { useNow } from '../live/useNow';
import { type Polled, usePolled } from '../live/usePolled';
import { useVisible } from '../live/useVisible';
import { Notice, Skeleton, Strip } from '../parts/Notice';
import { RunDetail, type RunShape } from './RunDetail';
import { RunList } from './RunList';
import { Waiting } from './Waiting';
import { RuntimeNotice } from './RuntimeNotice';
import { age } from '../format';

const EVERY_MS = 2000;

/** All runs of the workspace, live; one of them in detail. */
export function RunsPanel({ host }: { host: Host }): ReactElement {
  const root = useRef<HTMLElement>(null);
  const isVisible = useVisible(root);
  const now = useNow(isVisible);
  const [openId, setOpen] = useState<string | null>(null);
  const last = useRef<string | null>(null);
  const [shape, setShape] = useState<RunShape>('list');
  const runs = usePolled(() => listRuns(host), EVERY_MS, isVisible && openId === null);
  const questions = usePolled(() => openQuestions(host), EVERY_MS, isVisible && openId === null);

  return (
    <section className="pai-Panel" aria-label="Runs" ref={root}>
      {openId ? (
        <RunDetail
          key={openId}
          host={host}
          runId={openId}
          now={now}
          shape={shape}
          onShape={setShape}
          onBack={() => {
            last.current = openId;
            setOpen(null);
          }}
        />
      ) : (
        <AllRuns
          host={host}
          runs={runs}
          questions={questions.data ?? []}
          now={now}
          last={last.current}
          onOpen={setOpen}
        />
      )}
    </section>
  );
}

interface AllRunsProps {
  host: Host;
  runs: Polled<RunSummary[]>;
  questions: readonly OpenQuestion[];
  now: number;
  /** The run that somebody comes back from. */
  last: string | null;
  onOpen(runId: string): void;
}

function AllRuns({ host, runs, questions, now, last, onOpen }: AllRunsProps): ReactElement {
  const { data, problem, asOf } = runs;
  if (data === null) {
    return problem ? <RuntimeNotice host={host} problem={problem} onUp={runs.refresh} /> : <Skeleton />;
  }
  return (
    <>
      {problem && asOf !== null && (
        <Strip>
          Connection lost, data is {age(asOf, now)} old. Trying again…
        </Strip>
      )}
      <PanelHead runs={data} questions={questions.length} />
      <Waiting questions={questions} now={now} onOpen={onOpen} />
      {data.length === 0 ? (
        <NoRuns />
      ) : (
        <RunList host={host} runs={data} now={now} last={last} onOpen={onOpen} onChanged={runs.refresh} />
      )}
    </>
  );
}

/** What needs a person first. */
function PanelHead({ runs, questions }: { runs: RunSummary[]; questions: number }): ReactElement {
  const atWork = runs.filter(run => !run.questions && !hasEnded(run.status)).length;
  return (
    <header className="pai-PanelHead">
      <h2>Runs</h2>
      {questions > 0 && <span className="pai-forYou">{questions} for you</span>}
      {atWork > 0 && <span>{atWork} at work</span>}
    </header>
  );
}

function NoRuns(): ReactElement {
  return (
    <Notice title="No runs yet">
      <p>Every run of a flow shows up here, live, from any notebook or terminal.</p>
      <p>Start one in a cell:</p>
      <pre>{'run = report.run()\nrun'}</pre>
    </Notice>
  );
}
