import { childrenOf } from './schema-faults.ts'

/*
 * An upper bound on the work of judging data by a schema, known before it begins: every subschema may meet every value,
 * and the validator notes every fault on its way, even where another alternative holds in the end. So a price stands
 * both for time and for the memory of what is noted.
 */

/** What a piece of data consists of. */
export interface DataSize {
  /** Values, and names of members, which a schema may judge as well. */
  values: number
  objects: number
  arrays: number
  numbers: number
  /** Texts, and names of members. */
  texts: number
  /** Characters of all names, as they are written in a URI fragment. */
  nameLength: number
  /** How many values comparing the elements of each array with each other takes. */
  pairs: number
}

/** Prices in units of effort, per unit of what the data consists of. */
interface SchemaCost extends DataSize {
  /** For each character of the data's JSON. */
  characters: number
}

/** For each value and subschema, with up to two faults to note; for each further fault. */
const perFault = 100
/** Decimals of hundreds of digits are divided. */
const perDivision = 2_000
const perNameCharacter = 2

const ofAny = ['type', 'const', 'enum', 'not', 'anyOf', 'allOf', 'oneOf', 'if']
const ofObjects = ['minProperties', 'maxProperties', 'properties', 'dependentSchemas']
const ofArrays = ['minItems', 'maxItems', 'contains', 'minContains', 'maxContains', 'uniqueItems', 'prefixItems']
const ofNumbers = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']
const ofTexts = ['minLength', 'maxLength']
/** Those that look at each member of the data by its name. */
const namers = ['additionalProperties', 'unevaluatedProperties', 'propertyNames']

/** The prices of a schema that has no faults. */
export function costOf(schema: unknown): SchemaCost {
  if (typeof schema !== 'object' || schema === null) return { ...free, values: perFault }
  const own = schema as Record<string, unknown>
  const has = (keywords: readonly string[]) => keywords.filter((keyword) => Object.hasOwn(own, keyword)).length
  const { required = [], dependentRequired = {}, properties = {}, dependentSchemas = {} } = own
  const asked = [...(required as string[]), ...Object.values(dependentRequired as Record<string, string[]>).flat()]
  const members = [dependentRequired, properties, dependentSchemas].flatMap((named) => Object.keys(named as object))
  const named = members.reduce((sum, name) => sum + inFragment(name), 0)
  // A fault of a constant holds its text.
  const constants = 2 * JSON.stringify([own.const, own.enum]).length
  const cost: SchemaCost = {
    values: perFault * Math.max(1, has(ofAny)) + constants,
    objects:
      perFault * (has(ofObjects) + asked.length) +
      asked.reduce((sum, name) => sum + name.length, 0) +
      20 * members.length +
      2 * perNameCharacter * named,
    arrays: perFault * has(ofArrays),
    numbers: perFault * has(ofNumbers) + perDivision * has(['multipleOf']),
    texts: perFault * has(ofTexts),
    nameLength: perNameCharacter * has(namers),
    pairs: own.uniqueItems === true ? 5 : 0,
    characters: has([...ofTexts, 'const', 'enum']) > 0 ? 3 : 0,
  }
  return childrenOf(own).reduce<SchemaCost>((sum, child) => add(sum, costOf(child)), cost)
}

/** The most that judging data of this size takes, in units of effort. */
export function priceOf(cost: SchemaCost, size: DataSize, characters: number): number {
  const counted = { ...size, characters }
  return kinds.reduce((sum, kind) => sum + cost[kind] * counted[kind], 0)
}

const free: SchemaCost = {
  values: 0,
  objects: 0,
  arrays: 0,
  numbers: 0,
  texts: 0,
  nameLength: 0,
  pairs: 0,
  characters: 0,
}
const kinds = Object.keys(free) as (keyof SchemaCost)[]

function add(a: SchemaCost, b: SchemaCost): SchemaCost {
  for (const kind of kinds) a[kind] += b[kind]
  return a
}

const measured = new WeakMap<object, DataSize>()

/** The size of a JSON value; one that was measured before is not measured again. */
export function sizeOf(value: unknown): DataSize {
  const known = typeof value === 'object' && value !== null ? measured.get(value) : undefined
  if (known) return known
  const size: DataSize = { values: 0, objects: 0, arrays: 0, numbers: 0, texts: 0, nameLength: 0, pairs: 0 }
  measure(value, size)
  if (typeof value === 'object' && value !== null) measured.set(value, size)
  return size
}

/** Adds a value to the size. */
function measure(value: unknown, size: DataSize): void {
  size.values += 1
  if (typeof value === 'number') size.numbers += 1
  if (typeof value === 'string') size.texts += 1
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    const before = size.values
    size.arrays += 1
    for (const element of value) measure(element, size)
    size.pairs += value.length * (size.values - before)
    return
  }
  size.objects += 1
  for (const [name, member] of Object.entries(value)) {
    size.values += 1
    size.texts += 1
    size.nameLength += inFragment(name)
    measure(member, size)
  }
}

/** How long a name is in a URI fragment, at most: a character outside of ASCII has up to nine there. */
function inFragment(name: string): number {
  if (/^[\w.-]*$/.test(name)) return name.length
  return (/^[ -~]*$/.test(name) ? 3 : 9) * name.length
}
