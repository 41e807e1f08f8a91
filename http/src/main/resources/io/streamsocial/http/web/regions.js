// What is trending in each region, side by side.

import { $, el, text } from './dom.js';
import { ARROW, count, pace } from './format.js';

/** Names that posts commonly carry, for a server that cannot list what it has seen. */
const USUAL = ['US-East', 'EU-West', 'Asia-Pacific'];
const COLUMNS = 4;
const ROWS = 6;

/** @returns names, the largest first, and whether the server listed them */
export function regionNames(answer) {
  if (!answer) return { names: USUAL, listed: false };
  const total = (each) => each.total_count ?? each.total ?? each.count ?? each.mentions ?? 0;
  const all = [...(answer.regions ?? [])].sort((a, b) => total(b) - total(a));
  return { names: all.map((each) => each.region ?? each.name), listed: true };
}

/**
 * @param get asks the API
 * @param query limit is ours, the rest is the viewer's
 * @param active users by region; empty where nobody counts them
 */
export async function showRegions(regions, chosen, query, active, get, open) {
  const names = chosen ? [chosen] : regions.names.slice(0, COLUMNS);
  const answers = await Promise.all(names.map((name) => get('/api/trending', { ...query, limit: ROWS, region: name })));
  if (names.length > 0 && answers.every((each) => each === null) && $('regions').children.length > 0) {
    text($('regions-note'), 'no answer just now: these are the last ones');
    return;
  }
  const columns = [];
  names.forEach((name, i) => {
    const rows = answers[i]?.trending ?? [];
    if (rows.length === 0 && !regions.listed && !chosen) return;
    const max = Math.max(1, ...rows.map((row) => row.count));
    columns.push(el('article', { class: 'region', 'aria-label': `Region ${name}` },
      el('h3', {}, el('span', { dir: 'auto' }, name),
        ...(active.has(name) ? [el('small', {}, ` ${count(active.get(name))} active`)] : [])),
      rows.length === 0 ? el('p', { class: 'quiet' }, answers[i] ? 'Nothing in these windows.' : 'No answer.')
        : el('ol', {}, ...rows.map((row) => entry(row, max, open)))));
  });
  const host = $('regions');
  const focused = host.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  host.replaceChildren(...columns);
  if (focused) [...host.querySelectorAll('button')].find((each) => each.dataset.key === focused)?.focus();
  const quiet = $('regions-quiet');
  quiet.hidden = columns.length > 0;
  text(quiet, 'No region has a mention in these windows. A post names its region in the field "region".');
  text($('regions-note'), !regions.listed ? 'this server does not list its regions, so these are the usual ones'
    : regions.names.length > COLUMNS && !chosen ? `the ${COLUMNS} largest of ${regions.names.length}` : '');
}

function entry(row, max, open) {
  const bar = el('i', { 'aria-hidden': 'true' });
  bar.style.setProperty('--part', (row.count / max).toFixed(4));
  const trend = el('span',
    { class: 'pace', 'data-trend': row.direction, title: pace(row), 'aria-label': row.direction, role: 'img' }, ARROW[row.direction]);
  const button = el('button', { type: 'button', title: `#${row.hashtag}` },
    bar, el('span', { class: 'tag', dir: 'auto' }, `#${row.hashtag}`), trend, el('span', { class: 'count' }, count(row.count)));
  button.dataset.key = `${row.hashtag}`;
  button.addEventListener('click', () => open(row.hashtag));
  return el('li', {}, button);
}
