import { type RefObject, useEffect, useState } from 'react';

/** Whether a person can see the element: the tab is in front and its panel is open. */
export function useVisible(element: RefObject<HTMLElement | null>): boolean {
  const [isShown, setShown] = useState(true);
  const [isFront, setFront] = useState(() => !document.hidden);

  useEffect(() => {
    const node = element.current;
    if (!node) return;
    const observer = new IntersectionObserver(entries => setShown(entries.some(e => e.isIntersecting)));
    observer.observe(node);
    return () => observer.disconnect();
  }, [element]);

  useEffect(() => {
    const changed = (): void => setFront(!document.hidden);
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  }, []);

  return isShown && isFront;
}
