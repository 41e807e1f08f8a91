const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const one = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const clockSeconds = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

export const count = (n) => (n === null || n === undefined ? '–' : Math.abs(n) >= 100000 ? short.format(n) : whole.format(n));
export const decimal = (n) => (n === null || n === undefined ? '–' : Math.abs(n) >= 1000 ? count(Math.round(n)) : one.format(n));
export const time = (ms) => clock.format(ms);
export const seconds = (ms) => clockSeconds.format(ms);

/** How long, in the unit that fits. */
export function duration(ms) {
  if (ms === null || ms === undefined) return 'unknown';
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 120000) return `${one.format(Math.floor(ms / 100) / 10)} s`;
  if (ms < 7200000) return `${Math.round(ms / 60000)} min`;
  return `${one.format(ms / 3600000)} h`;
}

/** A change in percent; nothing where it is not known. */
export const percent = (n) => (n === null || n === undefined ? '' : `${n > 0 ? '+' : n < 0 ? '−' : '±'}${count(Math.abs(Math.round(n)))} %`);

/** The three figures of a row in words. */
export function pace(row) {
  const rate = row.rate_per_minute === null ? 'the window has just begun' : `${decimal(row.rate_per_minute)} mentions a minute now`;
  const change = row.change_percent === null ? '' : `, ${percent(row.change_percent)} against the windows before`;
  return `${rate}${change}: ${row.direction === 'flat' ? 'flat, or no more than chance explains' : row.direction}`;
}

export const ARROW = { up: '▲', down: '▼', flat: '■' };
