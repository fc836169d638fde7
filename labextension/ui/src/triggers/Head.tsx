import { type ReactElement, type ReactNode, useEffect, useRef } from 'react';

interface HeadProps {
  title: string;
  back: string;
  children?: ReactNode;
  onBack(): void;
}

/** The head of what was opened: its first button goes back, and has the focus. */
export function Head({ title, back, children, onBack }: HeadProps): ReactElement {
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <header className="pai-RunHead">
      <button ref={first} type="button" className="pai-Icon" aria-label={back} onClick={onBack}>
        ←
      </button>
      <h2 title={title}>{title}</h2>
      {children}
    </header>
  );
}

/** A name and what belongs to it. */
export function Fact({ name, children }: { name: string; children: ReactNode }): ReactElement {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
