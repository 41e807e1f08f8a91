// One hashtag: its windows as a chart, one line a region, and who owns it.

import { $, el, text } from './dom.js';
import { count, decimal, time } from './format.js';

const LINES = 4;
let chart = null;
let shown = '';

/**
 * @param names regions
 * @param windows how far back
 */
export async function showDetail(tag, names, windows, at, tell) {
  const dialog = $('detail');
  shown = tag;
  text($('detail-title'), `#${tag}`);
  text($('detail-owner'), 'asking …');
  $('detail-metrics').replaceChildren();
  $('detail-legend').replaceChildren();
  $('detail-table').replaceChildren();
  drop();
  if (!dialog.open) dialog.showModal();
  const path = `/api/trending/${encodeURIComponent(tag)}`;
  const query = at === null ? { windows } : { windows, at };
  const some = names.slice(0, LINES);
  const [all, ...parts] = await Promise.all([tell(path, query), ...some.map((region) => tell(path, { ...query, region }))]);
  if (shown !== tag || !dialog.open) return;
  if (all?.refused !== undefined) {
    text($('detail-owner'), all.refused);
    return;
  }
  if (!all) {
    text($('detail-owner'), 'No answer: the partition that holds it is not there just now. Try again in a moment.');
    return;
  }
  const owner = all.owner;
  text($('detail-owner'), owner?.instance_id === undefined ? (all.known ? '' : 'not mentioned in these windows')
    : `held by instance ${owner.instance_id}, ${owner.host}:${owner.port}, partition ${owner.partition}${all.known ? '' : ' · not mentioned in these windows'}`);
  const latest = all.stats.windows[all.stats.windows.length - 1];
  $('detail-metrics').replaceChildren(
    figure('Mentions', count(all.stats.total_count)), figure('A window, on average', decimal(all.stats.average)),
    figure('This window, still running', count(latest?.count)), figure('Windows', String(all.stats.windows.length)));
  const series = [{ name: 'All regions', windows: all.stats.windows }];
  some.forEach((name, i) => {
    if (parts[i]?.stats?.total_count > 0) series.push({ name, windows: parts[i].stats.windows });
  });
  draw(series);
  table(series);
}

const figure = (name, value) => el('div', {}, el('dt', {}, name), el('dd', {}, value));

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function draw(series) {
  const host = $('detail-chart');
  const xs = series[0].windows.map((each) => each.window / 1000);
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui' };
  chart = new window.uPlot({
    width: host.clientWidth, height: Math.max(180, Math.min(300, host.clientWidth * 0.45)),
    legend: { show: false }, cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (_, min, max) => [0, Math.max(4, max * 1.1)] } },
    axes: [{ ...axis, values: (_, ticks) => ticks.map((t) => time(t * 1000)) }, { ...axis, size: 48, values: (_, ticks) => ticks.map((t) => (Number.isInteger(t) ? count(t) : '')) }],
    series: [{}, ...series.map((_, i) => ({
      stroke: colour(`--line-${i}`), width: i === 0 ? 3 : 2, points: { show: xs.length < 40, size: i === 0 ? 7 : 5, fill: colour('--surface') },
      fill: i === 0 ? colour('--wash') : undefined,
    }))],
  }, [xs, ...series.map((each) => each.windows.map((w) => w.count))], host);
  host.setAttribute('aria-label', `Mentions by window: ${series.map((each) => `${each.name} ${each.windows.map((w) => w.count).join(' ')}`).join('; ')}`);
  $('detail-legend').replaceChildren(...series.map((each, i) => {
    const key = el('i', { 'aria-hidden': 'true' });
    key.style.setProperty('--colour', `var(--line-${i})`);
    return el('li', { dir: 'auto' }, key, each.name);
  }));
}

function table(series) {
  $('detail-table').replaceChildren(
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Window from'), ...series.map((each) => el('th', { scope: 'col' }, each.name)))),
    el('tbody', {}, ...series[0].windows.map((each, i) => el('tr', {}, el('th', { scope: 'row' }, time(each.window)),
      ...series.map((one) => el('td', {}, count(one.windows[i].count)))))));
}

function drop() {
  if (chart) chart.destroy();
  chart = null;
}

export function wireDetail() {
  const dialog = $('detail');
  $('detail-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener('close', drop);
  window.addEventListener('resize', () => {
    if (chart) chart.setSize({ width: $('detail-chart').clientWidth, height: chart.height });
  });
}
