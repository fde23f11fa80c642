/**
 * Whether this run drives the Worker over a real connection, from Node, and not from inside workerd. A test that needs
 * the inside says so: `test.skipIf(overSocket)`.
 */
export const overSocket = navigator.userAgent !== 'Cloudflare-Workers'
