import { readCheckpoint, type Kept } from '../src/history/checkpoint.ts'
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

/** What was known before: the keys to trust instead of the export's own, and an earlier checkpoint. */
export interface Known {
  keys?: readonly PublicKey[]
  earlier?: string
}

/**
 * Verifies an export, line by line: each event against the hash of its leaf, each vote against its event, the leaves
 * against the signed root. Holds no more than a hash for each bit of the size.
 *
 * Whether a vote still stands is said by events that come later, so a vote is only accused where all events fit.
 *
 * @throws Unfit with the first event that does not fit, or of which a vote does not
 */
export async function verifyExport(
  lines: AsyncIterable<string> | Iterable<string>,
  known: Known = {},
): Promise<Verified> {
  const tree = new GrowingTree()
  const roots = new Map<number, string>()
  const earlierSize = known.earlier === undefined ? 0 : Number(known.earlier.split('\n')[1])
  let erased = 0
  let end: { checkpoint: string; keys: PublicKey[] } | undefined
  let tenant: string | undefined
  let suspect: Unfit | undefined
  for await (const text of lines) {
    if (text === '') continue
    const seq = tree.size + 1
    if (end) throw new Unfit(undefined, 'there is more behind the checkpoint')
    const line = parsed(text, seq)
    if ('checkpoint' in line) {
      end = line
      continue
    }
    if (line.seq === tree.size) throw new Unfit(line.seq, 'is there twice, or tells of two votes')
    if (line.seq !== seq) throw new Unfit(seq, line.seq > seq ? 'is missing' : `is in the place of event ${line.seq}`)
    tenant ??= line.tenant
    if (line.tenant !== tenant) throw new Unfit(seq, 'is of another tenant')
    tree.append(sealedLeaf(line))
    suspect ??= suspicion(line)
    if (line.erased_at !== undefined) erased += 1
    if (tree.size === earlierSize) roots.set(earlierSize, tree.root.toBase64())
  }
  if (!end) throw new Unfit(tree.size + 1, 'and all behind it are missing: the export has no end')
  const keys = known.keys ?? end.keys
  const head = await signed(end.checkpoint, keys)
  if (head.size > tree.size) throw new Unfit(tree.size + 1, `is missing: ${head.size} are sealed`)
  if (head.size < tree.size) throw new Unfit(head.size + 1, `is not sealed: ${head.size} are`)
  if (head.origin.split('/')[1] !== encodeURIComponent(tenant ?? '')) {
    throw new Unfit(undefined, `the checkpoint is that of another history, ${head.origin}`)
  }
  if (tree.root.toBase64() !== head.root) throw new Unfit(undefined, 'the leaves are not those that were signed')
  if (known.earlier !== undefined) continues(await signed(known.earlier, keys), head, roots.get(earlierSize))
  if (suspect) throw suspect
  return { head, erased, signedBy: keys[0]?.kid ?? '' }
}

function parsed(text: string, seq: number): Line | { checkpoint: string; keys: PublicKey[] } {
  try {
    return JSON.parse(text) as Line
  } catch {
    throw new Unfit(seq, 'is cut off, or no JSON')
  }
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
  if (standing === null) return unfit('has lost its vote')
  const { comment = null } = JSON.parse(data) as { comment?: string | null }
  const { requirement, assigned, voided_at, ended_at, follows } = standing
  if (standing.comment !== comment) return unfit('tells of a vote that was commented otherwise')
  if (requirement !== (assigned ?? 0)) return unfit('tells of a vote that was counted for another requirement')
  if (ended_at === null) return voided_at === 0 ? undefined : unfit('tells of a vote that was voided by nothing')
  if (voided_at === 0) return unfit('tells of a vote that does not stand any more')
  if (voided_at === ended_at || (voided_at > ended_at && follows === 1)) return undefined
  return unfit('tells of a vote that was voided at another time')
}

/** @param root of the first events, as many as were sealed earlier */
function continues(earlier: Kept, head: Kept, root: string | undefined): void {
  if (earlier.origin !== head.origin) throw new Unfit(undefined, `the earlier checkpoint is of ${earlier.origin}`)
  if (earlier.size > head.size) throw new Unfit(head.size + 1, `is missing: ${earlier.size} were sealed earlier`)
  if (earlier.size > 0 && root !== earlier.root) {
    throw new Unfit(
      undefined,
      `the first ${earlier.size} events are not those that were sealed earlier: there are two histories`,
    )
  }
}

/** A tree to which leaves are appended, of which only its complete subtrees are kept. */
class GrowingTree {
  size = 0
  /** Of growing size from the last to the first. */
  private readonly complete: { height: number; hash: Hash }[] = []

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
    return hashes.length === 0 ? emptyRoot : hashes.reduceRight((right, left) => nodeHash(left, right))
  }
}
