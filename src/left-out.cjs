/* What the bundle has instead of parts of libraries that nothing here calls (`alias` in wrangler.toml). */
module.exports = { format: {} }
