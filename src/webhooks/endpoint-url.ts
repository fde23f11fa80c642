import ipaddr from 'ipaddr.js'

/** Names that mean this machine or this network, by their last labels (RFC 6761, RFC 6762, RFC 8375). */
const localNames =
  'localhost local localdomain internal intranet lan home corp private svc onion home.arpa test invalid'.split(' ')

/** Public by its range, yet inside a cloud: Azure's wire server. */
const insideClouds = new Set(['168.63.129.16'])

const globalV6 = '2000::/3'

/**
 * Why an endpoint's URL is refused, or null: only https, to port 443 of a host out on the internet. Asked when an
 * endpoint is stored and again before each delivery. The URL parser (WHATWG) has already turned `127.1`, `0x7f000001`
 * and `2130706433` into the address that they are.
 *
 * @param allowLoopback whether http to any port of this machine is allowed too: for local development
 */
export function urlFault(url: string, allowLoopback: boolean): string | null {
  const parsed = URL.parse(url)
  if (!parsed) return 'is not a URL'
  const { protocol, port, username, password } = parsed
  const host = parsed.hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '')
  if (username !== '' || password !== '') return 'must not have a user or a password'
  if (allowLoopback && (protocol === 'http:' || protocol === 'https:') && isLoopback(host)) return null
  if (protocol !== 'https:') return 'must begin with https://'
  if (port !== '') return 'must not name a port: deliveries go to 443'
  return ipaddr.isValid(host) ? addressFault(host) : nameFault(host)
}

function addressFault(host: string): string | null {
  const address = ipaddr.parse(host)
  if (insideClouds.has(address.toString())) return 'must not point at the inside of a cloud'
  const isPublic =
    address.range() === 'unicast' && (address.kind() === 'ipv4' || address.match(ipaddr.IPv6.parseCIDR(globalV6)))
  return isPublic ? null : 'must not point at a private, loopback, link-local or reserved address'
}

function nameFault(host: string): string | null {
  if (!/^[a-z\d_-]+(\.[a-z\d_-]+)*$/.test(host)) return 'must name a host by letters, digits and hyphens'
  const isLocal = !host.includes('.') || localNames.some((name) => host === name || host.endsWith(`.${name}`))
  return isLocal ? 'must name a host on the internet, with its domain' : null
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  return ipaddr.isValid(host) && ipaddr.parse(host).range() === 'loopback'
}
