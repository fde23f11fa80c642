import { readCheckpoint, type Kept } from '../src/history/checkpoint.ts'
import { dataHash, leafOf, type Sealable } from '../src/history/leaf.ts'
import { emptyRoot, leafHash, nodeHash, type Hash } from '../src/history/merkle.ts'
import type { PublicKey } from '../src/history/signing-key.ts'

/** A line of an export; the last one has none of an event's members. */
type Line = Omit<Sealable, 'data_hash'> & {
  data: string
  salt: string
  /** Where the data was erased. */
  data_hash?: string
  erased_at?: string
  standing: { comment: string | null; voided_at: number; ended_at: number | null; follows: 0 | 1 } | null
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
 * @throws Unfit with the first event that does not fit
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
  for await (const text of lines) {
    if (text === '') continue
    const seq = tree.size + 1
    if (end) throw new Unfit(undefined, 'there is more behind the checkpoint')
    const line = parsed(text, seq)
    if ('checkpoint' in line) {
      end = line
      continue
    }
    if (line.seq !== seq) throw new Unfit(seq, line.seq > seq ? 'is missing' : `is in the place of event ${line.seq}`)
    tenant ??= line.tenant
    if (line.tenant !== tenant) throw new Unfit(seq, 'is of another tenant')
    tree.append(fitting(line))
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

/** The hash of an event's leaf, where that is the one that was sealed, and its vote is what the history says. */
function fitting(line: Line): Hash {
  const { seq, standing } = line
  const data_hash = line.erased_at === undefined ? dataHash(line.salt, line.data) : (line.data_hash ?? '')
  const hash = leafHash(leafOf({ ...line, data_hash }))
  if (hash.toBase64() !== line.leaf_hash) throw new Unfit(seq, 'is not as it was sealed, or its vote is not')
  if ((standing === null) !== (line.vote === null)) throw new Unfit(seq, 'has lost its vote')
  if (standing === null) return hash
  const { comment = null } = JSON.parse(line.data) as { comment?: string | null }
  if (standing.comment !== comment) throw new Unfit(seq, 'tells of a vote that was commented otherwise')
  const { voided_at, ended_at, follows } = standing
  const fits = ended_at === null ? voided_at === 0 : voided_at === ended_at || (voided_at > ended_at && follows === 1)
  if (!fits)
    throw new Unfit(
      seq,
      voided_at === 0 ? 'tells of a vote that does not stand any more' : 'tells of a vote that was voided by nothing',
    )
  return hash
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
