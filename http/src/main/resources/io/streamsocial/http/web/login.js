// Asks the viewer for a token when the server asks for one.

import { unlock, whenLocked } from './api.js';
import { el, text } from './dom.js';

/** @param onToken is called when there is one to try */
export function wireLogin(onToken) {
  const note = el('p', { role: 'alert' });
  const input = el('input', { id: 'login-token', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true });
  const form = el('form', { class: 'login' },
    el('h2', { id: 'login-title' }, 'This server asks for a token'), note,
    el('label', { for: 'login-token' }, 'Token of scope read'), input,
    el('button', { type: 'submit' }, 'Use it'));
  const dialog = el('dialog', { id: 'login', 'aria-labelledby': 'login-title' }, form);
  document.body.append(dialog);
  dialog.addEventListener('cancel', (e) => e.preventDefault()); // without a token there is nothing to see
  form.addEventListener('submit', (e) => {
    e.preventDefault();
    unlock(input.value);
    input.value = '';
    dialog.close();
    onToken();
  });
  whenLocked((refused) => {
    text(note, refused ? 'That token is not one of this server, or not any more.'
      : 'Whoever runs it has one. It is kept in this tab until you close it.');
    if (!dialog.open) dialog.showModal();
  });
}
