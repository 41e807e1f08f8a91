// When hashtags were mentioned without a pause, also after it is over, where an instance runs the view
// of bursts.

import { $, el, text } from './dom.js';
import { count, time } from './format.js';

const STORE = '/api/stores/hashtag-bursts-store/sessions/';
export const BURSTS = `${STORE}{key}`;
const SPAN = 3600000;
const PAUSE = 60000; // that ends a burst
const TAGS = 8;

/**
 * @param tags to ask for, those that matter most first
 * @param chosen region and time of the viewer
 * @param get asks the API
 */
export async function showBursts(tags, chosen, get, open) {
  const to = chosen.at ?? Date.now();
  const from = to - SPAN;
  const asked = tags.slice(0, TAGS);
  const answers = await Promise.all(asked.map((tag) =>
    get(STORE + encodeURIComponent(tag), { from, to: Math.ceil(to) + 1, region: chosen.region })));
  if (asked.length > 0 && answers.every((each) => each === null) && $('bursts').children.length > 0) {
    text($('bursts-note'), 'no answer just now: these are the last ones');
    return;
  }
  const rows = [];
  asked.forEach((tag, i) => {
    const bursts = answers[i]?.sessions ?? [];
    if (bursts.length > 0) rows.push(entry(tag, bursts, from, to, open));
  });
  const host = $('bursts');
  const focused = host.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  host.replaceChildren(...rows);
  if (focused) [...host.querySelectorAll('button')].find((each) => each.dataset.key === focused)?.focus();
  $('bursts-quiet').hidden = rows.length > 0;
  text($('bursts-note'), `mentions without a pause of a minute, ${time(from)} to ${time(to)}${chosen.region ? `, in ${chosen.region}` : ''}`);
}

function entry(tag, bursts, from, to, open) {
  const most = Math.max(...bursts.map((each) => each.mentions));
  const track = el('span', { class: 'timeline', 'aria-hidden': 'true' });
  for (const each of bursts) {
    const begin = Math.max(each.start_ms, from);
    const bar = el('i');
    bar.style.setProperty('--from', ((begin - from) / SPAN).toFixed(4));
    bar.style.setProperty('--part', (Math.max(0, Math.min(each.end_ms, to) - begin) / SPAN).toFixed(4));
    bar.style.setProperty('--size', (0.35 + 0.65 * each.mentions / most).toFixed(2));
    track.append(bar);
  }
  const last = bursts[bursts.length - 1];
  const goesOn = to - last.end_ms < PAUSE;
  const told = `${goesOn ? `since ${time(last.start_ms)}` : `${time(last.start_ms)} to ${time(last.end_ms)}`}: ${count(last.mentions)} ${last.mentions === 1 ? 'mention' : 'mentions'}, at most ${count(last.peak)} in a minute`
    + (bursts.length > 1 ? `, ${bursts.length - 1} before` : '');
  const button = el('button', { type: 'button', title: `#${tag}` },
    el('span', { class: 'tag', dir: 'auto' }, `#${tag}`), track, el('span', { class: 'told' }, told));
  button.dataset.key = tag;
  button.addEventListener('click', () => open(tag));
  return el('li', { class: goesOn ? 'on' : null }, button);
}
