import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A request as it came. */
export interface Received {
  headers: [name: string, value: string][]
  body: string
}

/** Answers 204 to whatever it is sent. */
export interface Receiver {
  url: string
  /** How many seconds lie between the first and the last of the next so many that arrive. */
  next(count: number): Promise<number>
  /** The one that has arrived last. */
  last(): Received
  close(): void
}

const noContent = Buffer.from('HTTP/1.1 204 No Content\r\n\r\n')
const endOfHead = Buffer.from('\r\n\r\n')

/**
 * A receiver on this machine. It is small on purpose, as the load is: what it costs is taken from the same cores, and
 * between two webhooks to one endpoint lies all that it does.
 */
export async function listen(): Promise<Receiver> {
  let left = 0
  let first = 0
  let last = Buffer.alloc(0)
  let done: (seconds: number) => void = () => undefined
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy()))
    let before: Buffer | undefined
    socket.on('data', (chunk) => {
      const bytes = before ? Buffer.concat([before, chunk]) : chunk
      before = isWhole(bytes) ? undefined : bytes
      if (before) return
      socket.write(noContent)
      last = bytes
      const now = performance.now()
      first ||= now
      left -= 1
      if (left === 0) done((now - first) / 1000)
    })
  })
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    next(count) {
      left = count
      first = 0
      return new Promise((resolve) => (done = resolve))
    },
    last: () => read(last),
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** A connection has one request at a time. */
function isWhole(bytes: Buffer): boolean {
  const head = bytes.indexOf(endOfHead)
  if (head === -1) return false
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, head))?.[1]
  return bytes.length >= head + endOfHead.length + Number(length)
}

function read(bytes: Buffer): Received {
  const at = bytes.indexOf(endOfHead)
  const [, ...lines] = bytes.toString('latin1', 0, at).split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(line) ?? []
    return [name, value]
  })
  return { headers, body: bytes.toString('utf8', at + endOfHead.length) }
}
