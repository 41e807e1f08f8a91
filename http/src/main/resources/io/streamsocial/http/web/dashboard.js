// Holds what the viewer has chosen and the last message, and tells the panels when either changes.

import { $, el, text } from './dom.js';
import { count, decimal, duration, seconds, time } from './format.js';
import { ask as fetchApi, bearer } from './api.js';
import { follow } from './live.js';
import { wireLogin } from './login.js';
import { showBars, showList } from './list.js';
import { regionNames, showRegions } from './regions.js';
import { showEmerging } from './emerging.js';
import { ACTIVE, activeByRegion, showActive } from './active.js';
import { BURSTS, showBursts } from './bursts.js';
import { showCluster } from './cluster.js';
import { showDetail, wireDetail } from './detail.js';

const MINUTE = 60000;
const chosen = { region: '', windows: 3, limit: 10, at: null, paused: false };
const facts = { paths: null, windowsMax: 12, retentionMs: 60 * MINUTE, regions: regionNames(null), active: new Map() };
const emergingTags = new Map();
let message = null; // what is shown
let withheld = null; // what came while paused
let receivedAt = 0;
let connection = { state: 'connecting' };

/** Asks the API; null when there is no answer, whatever the reason. */
/** The answer; what the server has against the question as `refused`; null where there is none just now. */
async function tell(path, query = {}) {
  try {
    const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== '');
    const answer = await fetchApi(pairs.length ? `${path}?${new URLSearchParams(pairs)}` : path);
    if (answer.ok) return await answer.json();
    return answer.status === 400 ? { refused: (await answer.json()).detail } : null;
  } catch {
    return null;
  }
}

/** The answer; null where there is none. */
async function get(path, query = {}) {
  const told = await tell(path, query);
  return told?.refused === undefined ? told : null;
}

/** Whether this server has the path at all: what it has not is not asked for. */
const has = (path) => facts.paths === null || path in facts.paths;

/** Whether this instance runs the view that answers there; until that is known, no. */
const runs = (path) => facts.paths !== null && path in facts.paths;

const question = () => ({ windows: chosen.windows, at: chosen.at });

// ---- what is shown

function show(next) {
  message = next;
  const rows = next.trending;
  $('empty').hidden = rows.length > 0;
  $('list').hidden = rows.length === 0;
  if (rows.length === 0) explainEmptiness();
  showList(next, emergingTags, detail);
  showBars(next);
  const sum = rows.reduce((total, row) => total + row.count, 0);
  text($('m-topics'), count(next.metrics?.topics ?? rows.length));
  text($('m-mentions'), count(next.metrics?.mentions ?? sum));
  if (next.metrics) showRate(next.metrics.posts_per_second);
  const windows = rows[0]?.windows ?? [];
  const size = next.window_size_minutes;
  text($('list-note'), windows.length === 0 ? ''
    : `${windows.length} × ${decimal(size)} min, ${time(windows[0].window)} to ${time(windows[windows.length - 1].window + size * MINUTE)}`);
  const partial = $('partial');
  partial.hidden = !next.partial;
  if (next.partial) {
    const { missing, expected } = next.partitions;
    text(partial, `Partial: ${missing.length === 1 ? 'partition' : 'partitions'} ${missing.join(', ')} of ${expected} `
      + `${missing.length === 1 ? 'does' : 'do'} not answer. Hashtags that live there are missing; all other counts are complete.`);
  }
  age();
}

const showRate = (rate) => text($('m-rate'), decimal(rate));

function explainEmptiness() {
  const past = chosen.at !== null;
  text($('empty-title'), past ? 'Nothing was trending then' : 'Nothing is trending yet');
  text($('empty-text'), past ? 'No hashtag was mentioned in the windows before that moment. Move the slider, or post one now:'
    : `No hashtag was mentioned${chosen.region ? ' in this region' : ''} in these windows. Post one, and it is here within a second:`);
  const region = (chosen.region || 'EU-West').replace(/['"\\]/g, '');
  text($('curl'), `curl ${location.origin}/api/posts \\\n  -H 'Content-Type: application/json' \\\n${bearer().Authorization ? "  -H 'Authorization: Bearer TOKEN' \\\n" : ''}  -d '{"text":"hello #world","region":"${region}"}'`);
}

function age() {
  if (!message) return;
  text($('m-updated'), seconds(message.timestamp));
  const stale = staleMs();
  text($('m-fresh'), chosen.at !== null ? 'past' : stale === null ? 'unknown' : duration(stale));
  badge(stale);
}

/** How old what is shown is: its age when it was sent, and the time since then. */
function staleMs() {
  return message.staleness_ms === null || message.staleness_ms === undefined ? null
    : message.staleness_ms + (connection.state === 'waiting' || Date.now() - receivedAt > 7000 ? Date.now() - receivedAt : 0);
}

let announced = '';

function badge(stale) {
  let state = connection.state;
  let told = { connecting: 'connecting', live: 'live', polling: 'live, by polling' }[state];
  if (state === 'waiting') told = `reconnecting in ${connection.inSeconds} s`;
  if ((state === 'live' || state === 'polling') && stale !== null && stale > 10000) {
    state = 'stale';
    told = `stale for ${Math.round(stale / 1000)} s`;
  }
  if (chosen.at !== null) [state, told] = ['past', `at ${time(chosen.at)}`];
  else if (chosen.paused && state !== 'waiting') [state, told] = ['paused', 'paused'];
  $('connection').dataset.state = state;
  text($('connection-text'), told);
  // Read out changes, not each second of a countdown.
  if (state !== announced) {
    if (announced && state !== 'connecting') text($('announce'), `Connection: ${state === 'waiting' ? 'lost, reconnecting' : told}`);
    if (state !== 'connecting') announced = state;
  }
}

// ---- live

const live = follow((next) => {
  receivedAt = Date.now();
  if (next.type === 'heartbeat') {
    const target = withheld ?? message;
    if (target && chosen.at === null) target.staleness_ms = next.staleness_ms;
    if (!chosen.paused && chosen.at === null) showRate(next.posts_per_second);
    age();
    return;
  }
  if (chosen.paused || chosen.at !== null) withheld = next;
  else show(next);
  refreshRegions();
}, (state) => {
  const back = state.state === 'live' && connection.state !== 'live';
  connection = state;
  if (message) badge(staleMs());
  else badge(null);
  if (back) refreshSlow();
});

function ask() {
  live.ask(new URLSearchParams({ limit: chosen.limit, windows: chosen.windows, ...(chosen.region && { region: chosen.region }) }).toString());
  refreshRegions();
}

/** At most one question each, and the newest wins. */
function single(work) {
  let running = false, again = false;
  return async () => {
    if (running) { again = true; return; }
    running = true;
    try {
      do { again = false; await work(); } while (again);
    } finally { running = false; }
  };
}

const refreshRegions = single(async () => {
  if ((chosen.paused && chosen.at === null) || document.hidden) return;
  await showRegions(facts.regions, chosen.region, question(), facts.active, get, detail);
});

const refreshPast = single(async () => {
  const at = chosen.at;
  if (at === null) return;
  const answer = await get('/api/trending', { ...question(), limit: chosen.limit, region: chosen.region });
  if (answer && chosen.at === at) { receivedAt = Date.now(); show(answer); }
});

const refreshSlow = single(async () => {
  if (document.hidden) return;
  if (facts.paths === null) await learn();
  const [metadata, regions] = await Promise.all([get('/api/metadata'), has('/api/regions') ? get('/api/regions') : null]);
  showCluster(metadata, (withheld ?? message)?.partitions);
  if (regions) {
    facts.regions = regionNames(regions);
  }
  offerRegions();
});

const refreshEmerging = single(async () => {
  if ((chosen.paused && chosen.at === null) || document.hidden) return;
  const answer = has('/api/emerging') && facts.paths !== null ? await get('/api/emerging', { limit: 10, region: chosen.region, at: chosen.at }) : null;
  emergingTags.clear();
  for (const row of answer?.emerging ?? []) emergingTags.set(row.hashtag, row);
  showEmerging(answer, has('/api/emerging') ? 'No answer just now.' : 'Not available: this server has no /api/emerging.', detail);
  if (message) showList(message, emergingTags, detail);
});

const refreshActive = single(async () => {
  if ((chosen.paused && chosen.at === null) || document.hidden || !runs(ACTIVE)) return;
  const answer = chosen.at === null ? await get(ACTIVE) : null;
  const before = facts.active;
  facts.active = activeByRegion(answer);
  showActive(answer, chosen.region, chosen.at !== null);
  // The columns name them, too, and are drawn again only when trends come.
  if (JSON.stringify([...before]) !== JSON.stringify([...facts.active])) refreshRegions();
});

const refreshBursts = single(async () => {
  if ((chosen.paused && chosen.at === null) || document.hidden || !runs(BURSTS)) return;
  const tags = new Set([...emergingTags.keys(), ...(message?.trending ?? []).map((row) => row.hashtag)]);
  await showBursts([...tags], chosen, get, detail);
});

function refreshViews() {
  refreshActive();
  refreshEmerging().then(refreshBursts);
}

/** What the server offers, and the bounds of what it can be asked, from its own description. */
async function learn() {
  const described = await get('/openapi.json');
  if (!described) return;
  facts.paths = described.paths;
  const parameters = described.paths['/api/trending']?.get?.parameters ?? [];
  const schema = (name) => parameters.find((each) => each.name === name)?.schema ?? {};
  facts.windowsMax = schema('windows').maximum ?? facts.windowsMax;
  facts.retentionMs = schema('at')['x-retention-ms'] ?? facts.retentionMs;
  offerWindows();
  $('active').hidden = !runs(ACTIVE);
  $('metrics').classList.toggle('six', runs(ACTIVE));
  $('bursts-panel').hidden = !runs(BURSTS);
  $('when').min = String(-Math.floor(facts.retentionMs / MINUTE));
}

// ---- what the viewer chooses

function offerWindows() {
  const offered = [1, 2, 3, 6, 12, 24].filter((n) => n <= facts.windowsMax);
  $('windows').replaceChildren(...offered.map((n) => el('option', { value: n, selected: n === chosen.windows }, `last ${n}`)));
}

function offerRegions() {
  const select = $('region');
  const names = facts.regions.names;
  if ([...select.options].slice(1).map((each) => each.value).join('\n') === names.join('\n')) return;
  select.replaceChildren(el('option', { value: '' }, 'All regions'), ...names.map((name) => el('option', { value: name }, name)));
  if (chosen.region && !names.includes(chosen.region)) select.append(el('option', { value: chosen.region }, chosen.region));
  select.value = chosen.region;
  refreshRegions();
}

function detail(tag) {
  const names = chosen.region ? [chosen.region] : facts.regions.names;
  showDetail(tag, names, Math.min(12, facts.windowsMax), chosen.at, tell);
}

function pause(on) {
  chosen.paused = on;
  $('pause').setAttribute('aria-pressed', String(on));
  text($('pause'), on ? 'Resume' : 'Pause');
  if (!on && withheld && chosen.at === null) { const next = withheld; withheld = null; show(next); refreshRegions(); }
  age();
}

function travel() {
  const minutes = Number($('when').value);
  // The oldest instant that is readable moves on while we ask: stay a little inside.
  chosen.at = minutes === 0 ? null : Math.max(Date.now() + minutes * MINUTE, Date.now() - facts.retentionMs + 5000);
  $('now').hidden = minutes === 0;
  text($('when-text'), minutes === 0 ? 'now' : `${time(chosen.at)}, ${-minutes} min ago`);
  $('when').setAttribute('aria-valuetext', minutes === 0 ? 'now' : `${-minutes} minutes ago`);
  document.body.classList.toggle('past', minutes !== 0);
  if (minutes === 0) { const next = withheld; withheld = null; if (next) show(next); else if (message) age(); }
  refreshPast();
  refreshRegions();
  refreshEmerging().then(refreshBursts);
  refreshActive();
}

function theme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  return dark ? 'dark' : 'light';
}

function toggleTheme() {
  const next = theme() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  try { localStorage.setItem('theme', next); } catch { /* storage is off: for this visit then */ }
  nameTheme();
}

const nameTheme = () => text($('theme'), theme() === 'dark' ? 'Light' : 'Dark');

function wire() {
  const reask = () => { withheld = null; ask(); refreshPast(); refreshEmerging().then(refreshBursts); refreshActive(); };
  $('region').addEventListener('change', (e) => { chosen.region = e.target.value; reask(); });
  $('windows').addEventListener('change', (e) => { chosen.windows = Number(e.target.value); reask(); });
  $('limit').addEventListener('change', (e) => { chosen.limit = Number(e.target.value); reask(); });
  $('when').addEventListener('input', travel);
  $('now').addEventListener('click', () => { $('when').value = '0'; travel(); $('when').focus(); });
  $('pause').addEventListener('click', () => pause(!chosen.paused));
  $('theme').addEventListener('click', toggleTheme);
  $('controls').addEventListener('submit', (e) => e.preventDefault());
  $('search').addEventListener('submit', (e) => {
    e.preventDefault();
    const tag = $('tag').value.trim().replace(/^[#＃]/, '');
    if (tag) detail(tag);
  });
  $('copy').addEventListener('click', async () => {
    try { await navigator.clipboard.writeText($('curl').textContent); text($('copy'), 'Copied'); } catch { text($('copy'), 'Select and copy by hand'); }
  });
  $('list').addEventListener('keydown', (e) => {
    if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
    const item = document.activeElement?.closest('li');
    const next = e.key === 'ArrowDown' ? item?.nextElementSibling : item?.previousElementSibling;
    if (next) { e.preventDefault(); next.firstChild.focus(); }
  });
  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || $('detail').open || e.target.closest?.('input, select, textarea')) return;
    if (e.key === '/') { e.preventDefault(); $('tag').focus(); }
    if (e.key === 'p') pause(!chosen.paused);
    if (e.key === 't') toggleTheme();
  });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { live.hurry(); refreshSlow(); refreshRegions(); refreshEmerging(); refreshActive(); refreshBursts(); } });
  window.addEventListener('online', () => live.hurry());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', nameTheme);
  wireDetail();
}

wire();
wireLogin(() => { live.hurry(); refreshSlow().then(refreshViews); refreshRegions(); refreshPast(); });
nameTheme();
offerWindows();
ask();
refreshSlow().then(refreshViews);
setInterval(age, 1000);
setInterval(refreshSlow, 4000);
setInterval(refreshEmerging, 2000);
setInterval(refreshActive, 2000);
setInterval(refreshBursts, 4000);
