// Who is active: a figure that an instance keeps up when it runs the view of sessions.

import { $, el, text } from './dom.js';
import { count, duration } from './format.js';

export const ACTIVE = '/api/active';

/**
 * @param answer of /api/active over all regions; null when there is none just now
 * @param region chosen, or empty
 * @param past whether another time than now is shown, of which the figure says nothing
 */
export function showActive(answer, region, past) {
  const known = answer && !past;
  text($('m-active-name'), `Active users, ${duration(answer?.gap_ms ?? 1800000)}`);
  if (!known) {
    $('m-active').replaceChildren(past ? 'past' : '–');
    return;
  }
  // Partitions that do not answer hold some more.
  const least = answer.partial ? '≥ ' : '';
  const here = region ? activeByRegion(answer).get(region) ?? (answer.other_groups > 0 ? null : 0) : answer.active;
  $('m-active').replaceChildren(least + count(here),
    ...(region ? [el('small', {}, ` of ${least}${count(answer.active)}`)] : []));
}

/** By the name of the region. */
export function activeByRegion(answer) {
  return new Map((answer?.groups ?? []).map((each) => [each.region, each.active]));
}
