// Who holds what: instances, their partitions, and what is missing.

import { $, el, text } from './dom.js';
import { count, duration } from './format.js';

const WELL = { RUNNING: 'good', FAILED: 'bad' };

/**
 * @param metadata of /api/metadata, or null
 * @param partitions of the last answer: {answered, expected, missing}
 */
export function showCluster(metadata, partitions) {
  const host = $('cluster');
  if (!metadata) {
    host.replaceChildren(el('p', { class: 'quiet' }, 'This server does not answer just now.'));
    return;
  }
  const expected = partitions?.expected ?? 0;
  host.replaceChildren(...metadata.instances.map(instance),
    el('div', { class: 'map' },
      el('h3', {}, 'Partitions'),
      el('ul', { class: 'cells' }, ...Array.from({ length: expected }, (_, p) => cell(p, metadata.instances, partitions.missing ?? []))),
      el('p', { class: 'quiet' }, 'filled: counted here · ring: with a standby · red: nobody answers')));
  const n = metadata.total_instances ?? metadata.instances.length;
  text($('cluster-note'), `${n} ${n === 1 ? 'instance' : 'instances'}, ${expected} partitions${metadata.epoch === null ? '' : `, epoch ${metadata.epoch}`}`);
}

function instance(each) {
  const seen = Date.now() - each.last_seen_ms;
  return el('article', { class: 'instance', 'aria-label': `Instance ${each.instance_id}` },
    el('h3', {}, el('span', { class: 'state', 'data-state': WELL[each.state] ?? 'fair' }, each.state.toLowerCase()), `Instance ${each.instance_id}`),
    el('p', { class: 'where' }, `${each.host}:${each.port}`),
    el('dl', {},
      el('div', {}, el('dt', {}, 'Counts'), el('dd', {}, list(each.active))),
      el('div', {}, el('dt', {}, 'Follows'), el('dd', {}, list(each.standby))),
      el('div', {}, el('dt', {}, 'Lag'), el('dd', {}, each.lag === null ? 'unknown' : `${count(each.lag)} posts`)),
      el('div', {}, el('dt', {}, 'Heard'), el('dd', {}, seen < 3000 ? 'just now' : `${duration(seen)} ago`))));
}

const list = (partitions) => (partitions?.length ? partitions.join(' ') : '–');

function cell(p, instances, missing) {
  const owner = instances.find((each) => each.active.includes(p));
  const standby = instances.find((each) => each.standby.includes(p));
  const lost = missing.includes(p);
  const told = lost ? 'missing' : `${owner ? `on instance ${owner.instance_id}` : 'without an owner'}${standby ? `, standby on ${standby.instance_id}` : ''}`;
  return el('li', { 'data-state': lost || !owner ? 'lost' : standby ? 'safe' : 'owned', title: `Partition ${p}: ${told}` },
    el('span', { class: 'hidden' }, `Partition ${p} ${told}`), el('span', { 'aria-hidden': 'true' }, String(p)));
}
