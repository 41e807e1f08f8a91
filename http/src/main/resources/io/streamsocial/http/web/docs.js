// The viewer reads the description of this server and nothing from elsewhere.

import { ask, bearer } from './api.js';
import { wireLogin } from './login.js';

async function show() {
  const answer = await ask('/openapi.json').catch(() => null);
  if (!answer?.ok) return;
  window.SwaggerUIBundle({
    spec: await answer.json(), dom_id: '#docs', deepLinking: true, validatorUrl: null,
    defaultModelsExpandDepth: 0, tagsSorter: undefined,
    requestInterceptor: (request) => { Object.assign(request.headers, bearer()); return request; },
  });
}

wireLogin(show);
show();
