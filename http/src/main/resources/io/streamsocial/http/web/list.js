// The list of what is trending, and the same counts as bars.

import { $, el, text, sparkline, glide } from './dom.js';
import { ARROW, count, decimal, pace, time } from './format.js';

const rows = new Map();

/**
 * @param answer of /api/trending, or a message of the streams
 * @param emerging a map from hashtag to its emerging row
 * @param open called with the hashtag that the viewer wants to know more about
 */
export function showList(answer, emerging, open) {
  const list = $('list');
  const trending = answer.trending;
  const max = Math.max(1, ...trending.map((row) => row.count));
  glide(list, () => {
    const stay = new Set(trending.map((row) => row.hashtag));
    for (const [tag, row] of rows) {
      if (!stay.has(tag)) {
        row.item.remove();
        rows.delete(tag);
      }
    }
    trending.forEach((data, i) => {
      let row = rows.get(data.hashtag);
      if (!row) {
        row = makeRow(data.hashtag, open);
        rows.set(data.hashtag, row);
      }
      fill(row, data, i + 1, max, emerging.get(data.hashtag), answer);
      // Moving a node takes the focus from it: only those that are out of place are moved.
      if (list.children[i] !== row.item) list.insertBefore(row.item, list.children[i] ?? null);
    });
  });
}

function makeRow(tag, open) {
  const row = {
    rank: el('span', { class: 'rank' }),
    moved: el('span', { class: 'moved' }),
    tag: el('span', { class: 'tag', dir: 'auto' }, `#${tag}`),
    flag: el('span', { class: 'flag', hidden: true }, 'emerging'),
    pace: el('span', { class: 'pace' }),
    count: el('span', { class: 'count' }),
    spark: el('span', { class: 'sparkbox' }),
    bar: el('span', { class: 'track', 'aria-hidden': 'true' }, el('i')),
    place: 0,
    drawn: '',
  };
  row.button = el('button', { type: 'button', class: 'row', title: `#${tag}` },
    row.rank, el('span', { class: 'name' }, row.tag, row.flag, row.moved), row.spark, row.pace, row.count, row.bar);
  row.button.addEventListener('click', () => open(tag));
  row.item = el('li', {}, row.button);
  return row;
}

function fill(row, data, place, max, emerging, answer) {
  text(row.rank, place);
  if (row.place && row.place !== place) {
    const climbed = row.place > place;
    text(row.moved, `${climbed ? '↑' : '↓'}${Math.abs(row.place - place)}`);
    row.moved.dataset.way = climbed ? 'up' : 'down';
    row.moved.getAnimations().forEach((each) => each.cancel());
    row.moved.animate([{ opacity: 1 }, { opacity: 1, offset: 0.7 }, { opacity: 0 }], { duration: 4000, fill: 'forwards' });
  }
  row.place = place;
  text(row.count, count(data.count));
  text(row.pace, `${ARROW[data.direction]} ${decimal(data.rate_per_minute)}/min`);
  row.pace.dataset.trend = data.direction;
  row.pace.title = pace(data);
  row.flag.hidden = !emerging;
  row.bar.firstChild.style.setProperty('--part', (data.count / max).toFixed(4));
  const values = data.windows.map((each) => each.count);
  // The newest window has had a part of its time only: drawn as it is expected to end.
  const projected = values.length > 1 && answer.window_elapsed < 1;
  if (projected) values[values.length - 1] = data.rate_per_minute * answer.window_size_minutes;
  const drawn = `${values.join()} ${projected}`;
  if (drawn !== row.drawn) {
    row.drawn = drawn;
    row.spark.replaceChildren(sparkline(values, projected));
  }
  row.button.setAttribute('aria-label', `Rank ${place}, ${data.hashtag}, ${data.count} mentions, `
    + `${pace(data)}${emerging ? ', emerging' : ''}`);
}

/** One column a hashtag, built of its windows: the newest is the strongest colour. */
export function showBars(answer) {
  const bars = $('bars');
  const top = answer.trending.slice(0, 10);
  const max = Math.max(1, ...top.map((row) => row.count));
  const made = top.map((row) => el('div', { class: 'column' },
    el('b', {}, count(row.count)),
    el('div', { class: 'stack', style: null }, ...row.windows.map((each, i) => {
      const part = el('i');
      part.style.setProperty('--part', (each.count / max).toFixed(4));
      part.style.setProperty('--age', row.windows.length > 1 ? (i / (row.windows.length - 1)).toFixed(3) : '1');
      return part;
    }).reverse()),
    el('span', { dir: 'auto' }, row.hashtag)));
  bars.replaceChildren(...made);
  bars.setAttribute('aria-label', `Bar chart of mentions: ${top.map((row) => `${row.hashtag} ${row.count}`).join(', ') || 'nothing yet'}`);
  const windows = top[0]?.windows ?? [];
  text($('bars-note'), windows.length > 1 ? `by window, the newest from ${time(windows[windows.length - 1].window)} is the strongest` : '');
}
