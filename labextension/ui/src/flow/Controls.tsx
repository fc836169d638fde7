import type { ReactElement } from 'react';

interface ControlsProps {
  onZoom(by: number): void;
  onFit(): void;
}

/** Nearer, further, all of it; the keys do the same. */
export function Controls({ onZoom, onFit }: ControlsProps): ReactElement {
  return (
    <div className="pai-Controls" role="group" aria-label="Zoom">
      <button type="button" className="pai-Icon" title="Zoom in (+)" aria-label="Zoom in" onClick={() => onZoom(1.25)}>
        <Sign d="M8 3v10M3 8h10" />
      </button>
      <button type="button" className="pai-Icon" title="Zoom out (−)" aria-label="Zoom out" onClick={() => onZoom(0.8)}>
        <Sign d="M3 8h10" />
      </button>
      <button type="button" className="pai-Icon" title="Show all of it (0)" aria-label="Show all of it" onClick={onFit}>
        <Sign d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" />
      </button>
    </div>
  );
}

function Sign({ d }: { d: string }): ReactElement {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d={d} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
