import { connect, type Socket } from 'node:net'

/** A request as it goes over the wire; `path` with its query. */
export interface Call {
  method: 'GET' | 'POST'
  path: string
  key?: string
  idempotencyKey?: string
  body?: string
}

/** What came of a load: how many calls were answered, in how many seconds. */
export interface Load {
  calls: number
  seconds: number
}

/**
 * Calls a server over so many connections, each with one call at a time, for so long or so often. It is small on
 * purpose: what it costs is taken from the same machine.
 *
 * @param next makes the next call
 * @param expected the status that each must have
 * @throws Error at the first answer with another status
 */
export async function drive(
  port: number,
  connections: number,
  most: { seconds: number } | { calls: number },
  next: () => Call,
  expected: number,
): Promise<Load> {
  const started = performance.now()
  let calls = 0
  const isOver = 'calls' in most ? () => calls >= most.calls : () => performance.now() - started >= most.seconds * 1000
  const one = async () => {
    const connection = await open(port)
    while (!isOver()) {
      const { status, body } = await connection.send(next())
      if (status !== expected) throw new Error(`${status} where ${expected} was expected: ${body.slice(0, 500)}`)
      calls += 1
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: connections }, one))
  return { calls, seconds: (performance.now() - started) / 1000 }
}

/** An answer, once it is whole. */
export interface Answer {
  status: number
  /** Its status line and headers. */
  head: string
  body: string
}

/** Sends one call. */
export async function call(port: number, one: Call): Promise<Answer> {
  const connection = await open(port)
  const answer = await connection.send(one)
  connection.close()
  return answer
}

interface Connection {
  send(one: Call): Promise<Answer>
  close(): void
}

async function open(port: number): Promise<Connection> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let chunks: Buffer[] = []
  let settle: ((answer: Answer) => void) | undefined
  let fail: ((error: Error) => void) | undefined
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    const answer = read(chunks.length === 1 ? chunk : Buffer.concat(chunks))
    if (!answer) return
    chunks = []
    settle?.(answer)
  })
  socket.on('error', (error) => fail?.(error))
  socket.on('close', () => fail?.(new Error('The connection was closed.')))
  await new Promise<void>((done, failed) => {
    fail = failed
    socket.once('connect', done)
  })
  return {
    send: (one) =>
      new Promise((done, failed) => {
        settle = done
        fail = failed
        socket.write(written(one))
      }),
    close: () => socket.destroy(),
  }
}

function written({ method, path, key, idempotencyKey, body }: Call): string {
  const authorization = key === undefined ? '' : `Authorization: Bearer ${key}\r\n`
  const once = idempotencyKey === undefined ? '' : `Idempotency-Key: ${idempotencyKey}\r\n`
  const content =
    body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${authorization}${once}${content}\r\n${body ?? ''}`
}

const end = Buffer.from('\r\n\r\n')
const lastChunk = Buffer.from('0\r\n\r\n')

/** An answer, once it is whole: there is never more than one on its way. */
function read(bytes: Buffer): Answer | undefined {
  const at = bytes.indexOf(end)
  if (at === -1) return undefined
  const head = bytes.toString('latin1', 0, at)
  const status = Number(head.slice(9, 12))
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  const isWhole =
    length === undefined
      ? bytes.subarray(-lastChunk.length).equals(lastChunk)
      : bytes.length >= at + end.length + Number(length)
  return isWhole ? { status, head, body: bytes.toString('utf8', at + end.length) } : undefined
}
