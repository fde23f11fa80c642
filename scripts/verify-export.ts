import { keyOf, readCheckpoint, type Kept } from '../src/history/checkpoint.ts'
import type { Standing } from '../src/history/events.store.ts'
import { dataHash, idsOf, leafOf, type Sealable } from '../src/history/leaf.ts'
import { emptyRoot, leafHash, nodeHash, type Hash } from '../src/history/merkle.ts'
import type { PublicKey } from '../src/history/signing-key.ts'

/** A line of an export; the last one has none of an event's members. */
type Line = Omit<Sealable, 'ids' | 'data_hash'> & {
  data: string
  salt: string
  /** Where the data was erased; `erasure` is the event that tells of it. */
  data_hash?: string
  erased_at?: string
  erasure?: number | null
  standing: Standing | null
  /** Whose vote is on what it opened without an event that tells of it. */
  stray?: string
  leaf_hash: string | null
}

/** What an export was found to be. */
export interface Verified {
  head: Kept
  /** How many events have had their data erased. */
  erased: number
  /** Whose key has signed the checkpoint: its thumbprint (RFC 7638). */
  signedBy: string
}

/** What does not fit, and which event it is; no event where the whole is not what was signed. */
export class Unfit extends Error {
  readonly seq: number | undefined

  constructor(seq: number | undefined, why: string) {
    super(seq === undefined ? why : `event ${seq} ${why}`)
    this.seq = seq
  }
}

/** What does not even begin as an export does. */
export class NoExport extends Unfit {
  constructor(why: string) {
    super(1, why)
    this.message = `line 1 ${why}`
  }
}

/** What was known before: the keys to trust instead of the export's own, and earlier checkpoints. */
export interface Known {
  keys?: readonly PublicKey[]
  earlier?: readonly string[]
}

/**
 * Verifies an export, line by line: each event against the hash of its leaf, each vote against its event, the leaves
 * against the signed root.
 *
 * @throws Unfit with the first event that does not fit, or of which a vote does not
 */
export async function verifyExport(
  lines: AsyncIterable<string> | Iterable<string>,
  known: Known = {},
): Promise<Verified> {
  const verifier = new ExportVerifier(known)
  for await (const text of lines) verifier.add(text)
  return verifier.end()
}

/**
 * Verifies an export as its lines come. Holds no more than a hash for each bit of the size.
 *
 * Whether a vote still stands is said by events that come later, so a vote is only accused where all events fit.
 */
export class ExportVerifier {
  private readonly known: Known
  private tree = new GrowingTree()
  private erased = 0
  private tenant: string | undefined
  /** The last line. */
  private last: { checkpoint: string; keys: PublicKey[] } | undefined
  private suspect: Unfit | undefined
  /** The roots where the earlier checkpoints are from, by their sizes. */
  private readonly roots = new Map<number, string>()
  private readonly earlierSizes: ReadonlySet<number>

  constructor(known: Known = {}) {
    this.known = known
    this.earlierSizes = new Set(known.earlier?.map((checkpoint) => Number(checkpoint.split('\n')[1])))
  }

  /** One that has seen the same lines. */
  copy(): ExportVerifier {
    return Object.assign(new ExportVerifier(this.known), this, { tree: this.tree.copy(), roots: new Map(this.roots) })
  }

  /** @throws Unfit with the event that does not fit */
  add(text: string): void {
    if (text === '') return
    const seq = this.tree.size + 1
    if (this.last) throw new Unfit(undefined, 'there is more behind the checkpoint')
    const line = parsed(text, seq)
    if ('checkpoint' in line) {
      this.last = line
      return
    }
    if (line.seq === this.tree.size) throw new Unfit(line.seq, 'is there twice, or tells of two votes')
    if (line.seq !== seq) throw new Unfit(seq, line.seq > seq ? 'is missing' : `is in the place of event ${line.seq}`)
    this.tenant ??= line.tenant
    if (line.tenant !== this.tenant) throw new Unfit(seq, 'is of another tenant')
    this.tree.append(sealedLeaf(line))
    this.suspect ??= suspicion(line)
    if (line.erased_at !== undefined) this.erased += 1
    if (this.earlierSizes.has(seq)) this.roots.set(seq, this.tree.root.toBase64())
  }

  /** @throws Unfit with the first event that is not what was signed, or of which a vote does not fit */
  async end(): Promise<Verified> {
    const { tree, last, known, erased } = this
    if (!last) throw new Unfit(tree.size + 1, 'and all after it are missing: the export has no end')
    const keys = known.keys ?? last.keys
    const head = await signed(last.checkpoint, keys)
    if (head.size > tree.size) throw new Unfit(tree.size + 1, `is missing: ${head.size} are sealed`)
    if (head.size < tree.size) throw new Unfit(head.size + 1, `is not sealed: ${head.size} are`)
    if (head.origin.split('/')[1] !== encodeURIComponent(this.tenant ?? '')) {
      throw new Unfit(undefined, `the checkpoint is that of another history, ${head.origin}`)
    }
    this.roots.set(head.size, tree.root.toBase64())
    const earlier = await Promise.all((known.earlier ?? []).map((checkpoint) => signed(checkpoint, keys)))
    this.asSigned([...earlier, head], head)
    if (this.suspect) throw this.suspect
    return { head, erased, signedBy: keyOf(head, keys)?.kid ?? '' }
  }

  /** Whether the leaves are those that were signed, each time. Where they are not, the last good time says how far. */
  private asSigned(all: readonly Kept[], head: Kept): void {
    let good = 0
    for (const one of all.toSorted((a, b) => a.size - b.size)) {
      if (one.origin !== head.origin) throw new Unfit(undefined, `the earlier checkpoint is of ${one.origin}`)
      if (one.size > head.size) throw new Unfit(head.size + 1, `is missing: ${one.size} were sealed earlier`)
      if (one.size > 0 && this.roots.get(one.size) !== one.root) {
        const which = one.size === good + 1 ? '' : `or one behind it, up to event ${one.size}, `
        const what =
          one === head ? 'the one that was signed' : 'the one that was sealed earlier: there are two histories'
        throw new Unfit(good + 1, `${which}is not ${what}`)
      }
      good = one.size
    }
  }
}

function parsed(text: string, seq: number): Line | { checkpoint: string; keys: PublicKey[] } {
  let line: Record<string, unknown> | null = null
  try {
    line = Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    // It is not JSON.
  }
  const isEvent = typeof line?.seq === 'number' && typeof line.data === 'string' && typeof line.salt === 'string'
  if (isEvent || (typeof line?.checkpoint === 'string' && Array.isArray(line.keys))) return line as never
  if (seq === 1) throw new NoExport(`is ${line ? 'neither an event nor a checkpoint' : 'not JSON'}`)
  throw new Unfit(seq, line ? 'is neither an event nor a checkpoint' : 'is cut off, or not JSON')
}

async function signed(checkpoint: string, keys: readonly PublicKey[]): Promise<Kept> {
  try {
    return await readCheckpoint(checkpoint, keys)
  } catch (error) {
    throw new Unfit(undefined, `the checkpoint does not hold: ${(error as Error).message}`)
  }
}

/** The hash of an event's leaf, where that is the one that was sealed. */
function sealedLeaf(line: Line): Hash {
  const isErased = line.erased_at !== undefined
  const data_hash = isErased ? (line.data_hash ?? '') : dataHash(line.salt, line.data)
  const hash = leafHash(leafOf({ ...line, ids: isErased ? line.data : idsOf(line.data), data_hash }))
  if (hash.toBase64() === line.leaf_hash && !(isErased && line.salt !== '')) return hash
  throw new Unfit(line.seq, 'is not as it was sealed, or its vote is not')
}

/** What is stored beside an event and is not what the history tells; nothing where it is. */
function suspicion({ seq, data, vote, standing, stray, erased_at, erasure }: Line): Unfit | undefined {
  const unfit = (why: string) => new Unfit(seq, why)
  if (stray !== undefined) return unfit(`began something that ${stray} has a vote on of which no event tells`)
  if (erased_at !== undefined && !erasure) return unfit('was emptied, and no event tells that somebody was erased')
  if (vote === null) return undefined
  if (!standing) return unfit('has lost its vote')
  const { comment = null } = JSON.parse(data) as { comment?: string | null }
  const { requirement, assigned, voided_at, ended_at, follows } = standing
  if (standing.comment !== comment) return unfit('tells of a vote that was commented otherwise')
  if (requirement !== (assigned ?? 0)) return unfit('tells of a vote that was counted for another requirement')
  if (ended_at === null) return voided_at === 0 ? undefined : unfit('tells of a vote that was voided by nothing')
  if (voided_at === 0) return unfit('tells of a vote that does not stand any more')
  if (voided_at === ended_at || (voided_at > ended_at && follows === 1)) return undefined
  return unfit('tells of a vote that was voided at another time')
}

/** A tree to which leaves are appended, of which only its complete subtrees are kept. */
class GrowingTree {
  size = 0
  /** Of growing size from the last to the first. */
  private complete: { height: number; hash: Hash }[] = []

  copy(): GrowingTree {
    return Object.assign(new GrowingTree(), { size: this.size, complete: [...this.complete] })
  }

  append(hash: Hash): void {
    this.size += 1
    let grown = { height: 0, hash }
    while (this.complete.at(-1)?.height === grown.height) {
      grown = { height: grown.height + 1, hash: nodeHash(this.complete.pop()!.hash, grown.hash) }
    }
    this.complete.push(grown)
  }

  get root(): Hash {
    const hashes = this.complete.map(({ hash }) => hash)
    return hashes.length === 0 ? emptyRoot() : hashes.reduceRight((right, left) => nodeHash(left, right))
  }
}
