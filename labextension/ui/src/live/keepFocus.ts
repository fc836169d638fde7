const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex="-1"])';

/**
 * What has the focus may go away: a button by its own deed, a question by its answer. The browser then gives the
 * focus to the page, and whoever works with the keyboard begins at its top. Here it goes to what stands nearest.
 * Returns what ends it.
 */
export function keepFocus(root: HTMLElement): () => void {
  let held: Element | null = null;
  let around: HTMLElement[] = [];

  function came({ target }: FocusEvent): void {
    held = target instanceof Element ? target : null;
    around = [];
    for (let at = held?.parentElement; at && root.contains(at); at = at.parentElement) around.push(at);
  }

  /** Taken along by a hand, or by what removes it: that is known a moment later. */
  function went(): void {
    const left = held;
    queueMicrotask(() => {
      if (held === left && left?.isConnected && !left.matches(':focus')) held = null;
    });
  }

  const observer = new MutationObserver(() => {
    if (!held || held.isConnected) return;
    held = null;
    if (!isLost(root)) return;
    const place = around.find(each => each.isConnected && firstIn(each));
    if (place) firstIn(place)?.focus({ preventScroll: true });
  });

  root.addEventListener('focusin', came);
  root.addEventListener('focusout', went);
  observer.observe(root, { childList: true, subtree: true });
  return () => {
    observer.disconnect();
    root.removeEventListener('focusin', came);
    root.removeEventListener('focusout', went);
  };
}

function isLost(root: HTMLElement): boolean {
  const page = root.getRootNode() as Document | ShadowRoot;
  return page.activeElement === null || page.activeElement === document.body;
}

function firstIn(place: HTMLElement): HTMLElement | undefined {
  return [...place.querySelectorAll<HTMLElement>(FOCUSABLE)].find(each => each.checkVisibility() && !each.matches(':disabled'));
}
