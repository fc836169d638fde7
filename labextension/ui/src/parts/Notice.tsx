import type { ReactElement, ReactNode } from 'react';

export interface NoticeProps {
  title: string;
  kind?: 'plain' | 'error';
  children?: ReactNode;
  /** The one thing to do next. */
  action?: { label: string; onClick(): void };
}

/** What a panel shows instead of content: what this is, and what to do next. */
export function Notice({ title, kind = 'plain', children, action }: NoticeProps): ReactElement {
  return (
    <div className="pai-Notice" data-kind={kind} role={kind === 'error' ? 'alert' : 'status'}>
      <h3>{title}</h3>
      {children}
      {action && (
        <button type="button" className="pai-Button pai-primary" onClick={action.onClick}>
          {action.label}
        </button>
      )}
    </div>
  );
}

/** Turns `code in backticks` of a remedy to code, and leaves the rest. */
export function WithCode({ text }: { text: string }): ReactElement {
  const parts = text.split('`');
  return <>{parts.map((part, i) => (i % 2 ? <code key={i}>{part}</code> : part))}</>;
}

/** One line above content that is still shown: it is old, or something was refused. */
export function Strip({ children, onClose }: { children: ReactNode; onClose?(): void }): ReactElement {
  return (
    <div className="pai-Strip" role="status">
      <span>{children}</span>
      {onClose && (
        <button type="button" className="pai-Icon" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      )}
    </div>
  );
}

/** Where content will be in a moment. */
export function Skeleton(): ReactElement {
  return (
    <div className="pai-Skeleton" role="status" aria-label="Loading">
      {[72, 54, 63].map(width => (
        <i key={width} style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}
