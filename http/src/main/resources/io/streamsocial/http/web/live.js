// Follows the trending list: by WebSocket, where that fails by server-sent events, where that fails
// too by asking again and again. Whatever is lost is tried anew, first after one second.

import { ask, events, isLocked, socket } from './api.js';

const SILENCE_MS = 15000; // the server is never silent for longer than about 5 s
const RETRY_MAX_MS = 10000;
const POLL_MS = 2000;
const POLLS_A_PROBE = 5;

/**
 * @param onMessage gets each message
 * @param onState gets {state: 'connecting'|'live'|'polling'|'waiting', inSeconds}
 */
export function follow(onMessage, onState) {
  let query = '';
  let transport = 'ws';
  let stop = () => {};
  let failures = 0;
  let retry = 0;
  let heard = 0;
  let waiting = false;

  function open() {
    stop();
    clearInterval(retry);
    heard = Date.now();
    waiting = false;
    if (isLocked()) return lost({ blame: false });
    onState({ state: 'connecting' });
    stop = { ws: openSocket, sse: openEvents, poll: openPolling }[transport]();
  }

  function got(message, state = 'live') {
    failures = 0;
    heard = Date.now();
    onState({ state });
    onMessage(message);
  }

  function lost({ blame = true } = {}) {
    stop();
    stop = () => {};
    waiting = true;
    // Waiting for a token says nothing of the transport.
    if (blame) failures++;
    // A proxy that lets no WebSocket through shall not keep the page from working; WebSocket is
    // tried again when its turn comes.
    if (blame && failures >= 3) {
      transport = { ws: 'sse', sse: 'poll', poll: 'ws' }[transport];
    }
    let left = Math.min(RETRY_MAX_MS, 1000 * 2 ** Math.min(Math.floor(failures / 3), 4)) / 1000;
    onState({ state: 'waiting', inSeconds: left });
    clearInterval(retry);
    retry = setInterval(() => {
      left--;
      if (left <= 0) open();
      else onState({ state: 'waiting', inSeconds: left });
    }, 1000);
  }

  function openSocket() {
    const opened = socket(`/ws?${query}`);
    let mine = true;
    opened.onmessage = (event) => { if (mine) got(JSON.parse(event.data)); };
    opened.onclose = () => { if (mine) lost(); };
    return () => { mine = false; opened.close(); };
  }

  function openEvents() {
    const end = new AbortController();
    let mine = true;
    events(`/api/stream?${query}`, end.signal, (data) => { if (mine) got(data); })
      .catch(() => { if (mine) lost(); });
    return () => { mine = false; end.abort(); };
  }

  function openPolling() {
    let mine = true;
    let polls = 0;
    let better = null;
    // What kept WebSockets away may have been an outage that is over by now.
    const tryBetter = () => {
      better?.close();
      better = socket(`/ws?${query}`);
      better.onclose = () => {};
      better.onmessage = () => {
        if (!mine) return;
        transport = 'ws';
        open();
      };
    };
    const poll = async () => {
      try {
        const answer = await ask(`/api/trending?${query}`);
        if (!answer.ok) throw new Error(String(answer.status));
        const body = await answer.json();
        if (!mine) return;
        got({ type: 'trending_update', ...body }, 'polling');
        if (++polls % POLLS_A_PROBE === 0) tryBetter();
      } catch {
        if (mine) lost();
      }
    };
    const timer = setInterval(poll, POLL_MS);
    poll();
    return () => { mine = false; clearInterval(timer); better?.close(); };
  }

  setInterval(() => {
    if (!waiting && Date.now() - heard > SILENCE_MS) lost();
  }, 1000);

  return {
    /** Follows another question from now on. */
    ask(next) {
      if (next === query) return;
      query = next;
      open();
    },
    /** At once, when the viewer or the system says that the network is back. */
    hurry() {
      if (!waiting) return;
      failures = 0;
      transport = 'ws';
      open();
    },
  };
}
