// Asks this server, with the viewer's token where it wants one. The token stays in this tab, and out
// of addresses, which end up in logs and histories.

const KEY = 'token';
let token = read();
let locked = false; // a token is wanted and not there: until then nothing is asked
let onLocked = () => {};

function read() {
  try { return sessionStorage.getItem(KEY) ?? ''; } catch { return ''; }
}

/** @param tell is called with true when a token was given and is not taken */
export function whenLocked(tell) {
  onLocked = tell;
}

export const isLocked = () => locked;

export function unlock(given) {
  token = given.trim();
  locked = false;
  try { sessionStorage.setItem(KEY, token); } catch { /* storage is off: for this page then */ }
}

function lock() {
  if (locked) return;
  const refused = token !== '';
  token = '';
  locked = true;
  try { sessionStorage.removeItem(KEY); } catch { /* nothing was kept */ }
  onLocked(refused);
}

export const bearer = () => (token ? { Authorization: `Bearer ${token}` } : {});

export async function ask(path, options = {}) {
  if (locked) throw new Error('a token is wanted');
  const sent = token;
  const answer = await fetch(path, { ...options, headers: bearer() });
  if (answer.status === 401 && sent === token) lock();
  return answer;
}

/** Browsers let a page set no header of a WebSocket but this. */
export function socket(path) {
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`;
  const encoded = btoa(token).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return new WebSocket(url, token ? ['trending', `bearer.${encoded}`] : []);
}

/** Server-sent events, by fetch as EventSource sends no token. Ends by a failure, always. */
export async function events(path, signal, onData) {
  const answer = await ask(path, { signal });
  if (!answer.ok) throw new Error(String(answer.status));
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ;) {
    const { value, done } = await reader.read();
    if (done) throw new Error('the stream ended');
    const parts = (rest + value).split('\n\n');
    rest = parts.pop();
    for (const part of parts) if (part.startsWith('data: ')) onData(JSON.parse(part.slice(6)));
  }
}
