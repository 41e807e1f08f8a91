// The viewer reads the description of this server and nothing from elsewhere.
window.SwaggerUIBundle({
  url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null,
  defaultModelsExpandDepth: 0, tagsSorter: undefined,
});
