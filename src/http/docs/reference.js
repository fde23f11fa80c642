const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()

/**
 * How a key is sent refers to nothing, but Swagger UI resolves the whole document for it before anything shows: two
 * thirds of the time that the page would take.
 */
const showsAtOnce = {
  statePlugins: {
    spec: {
      wrapActions: {
        requestResolvedSubtree: (request) => (path) =>
          String(path) === 'components,securitySchemes' ? undefined : request(path),
      },
    },
  },
}

window.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  plugins: [showsAtOnce],
  deepLinking: true,
  validatorUrl: null,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
})
