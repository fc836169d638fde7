const MICROS = 1_000_000;

/** What was spent, in words: `1,200 tokens`, `0.0125 EUR`. */
export function spentWords(spent: { readonly [key: string]: number }): string[] {
  return Object.entries(spent).map(([what, amount]) =>
    what === 'tokens'
      ? `${amount.toLocaleString('en')} tokens`
      : `${(amount / MICROS).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 6 })} ${what}`
  );
}
