// What is mentioned more than its own past explains.

import { $, el, text } from './dom.js';
import { count, decimal } from './format.js';

/**
 * @param answer of /api/emerging, or null
 * @param why there is none, for the viewer
 */
export function showEmerging(answer, why, open) {
  const rows = answer?.emerging ?? [];
  $('emerging').replaceChildren(...rows.slice(0, 6).map((row) => entry(row, open)));
  const quiet = $('emerging-quiet');
  quiet.hidden = rows.length > 0;
  text(quiet, answer ? 'Nothing is unusual just now.' : why);
  text($('emerging-note'), answer ? `more than their past explains, by ${answer.scorer ?? 'score'}` : '');
}

function entry(row, open) {
  const times = row.expected > 0 ? `${decimal(row.count / row.expected)}×` : 'new';
  const max = Math.max(row.count, row.expected, 1);
  const bar = el('span', { class: 'versus', 'aria-hidden': 'true' }, el('i', { class: 'actual' }), el('i', { class: 'expected' }));
  bar.children[0].style.setProperty('--part', (row.count / max).toFixed(4));
  bar.children[1].style.setProperty('--part', (row.expected / max).toFixed(4));
  const button = el('button', { type: 'button', title: `#${row.hashtag}` },
    el('span', { class: 'tag', dir: 'auto' }, `#${row.hashtag}`),
    el('span', { class: 'where', dir: 'auto' }, row.region ?? ''),
    el('span', { class: 'score' }, decimal(row.score), el('small', {}, ' score')),
    bar,
    el('span', { class: 'told' }, `${count(row.count)} counted, ${decimal(row.expected)} expected`),
    el('b', { class: 'times' }, times));
  button.addEventListener('click', () => open(row.hashtag));
  return el('li', {}, button);
}
