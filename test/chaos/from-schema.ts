import type { Random } from './random.ts'

/** A JSON Schema, as far as the OpenAPI document uses it. */
export type Schema = Record<string, any>

/** Text that callers rarely mean: controls, quotes, SQL, other scripts, names that objects have by themselves. */
const odd = [
  '',
  ' ',
  '\u0000',
  "'; DROP TABLE approvals; --",
  '$.x',
  '{"a":1}',
  '__proto__',
  'constructor',
  '😀'.repeat(30),
  'x'.repeat(3_000),
  '../..',
  '%00',
  'system:nobody',
  '9007199254740993',
]
const oddValues = [null, true, false, 0, -1, 0.1, 1e308, 2 ** 53, [], {}, [[[]]], { __proto__: null, a: 1 }]

/** Text of each pattern that schemas have beside their examples. */
const formats: Record<string, (random: Random) => string> = {
  'date-time': (random) => new Date(Date.now() + (random() - 0.3) * 10 ** 9).toISOString(),
  date: (random) => new Date(Date.now() - random.below(10 ** 9)).toISOString().slice(0, 10),
  uuid: (random) => `${'0123abcd'.slice(0, 8)}-0000-4000-8000-${String(random.below(10 ** 9)).padStart(12, '0')}`,
  uri: (random) => `https://hooks.example.invalid/${random.word()}`,
}

/** Values of schemas: mostly valid ones. */
export class Generator {
  private readonly random: Random
  private readonly schemas: Record<string, Schema>

  constructor(random: Random, schemas: Record<string, Schema>) {
    this.random = random
    this.schemas = schemas
  }

  /** A value that the schema describes, or with `wrong` (0–1) so probable at each place one that it does not. */
  value(schema: Schema, wrong = 0, depth = 0): unknown {
    const { random } = this
    if (random.chance(wrong)) return this.wrongValue()
    if (schema.$ref) return this.value(this.schemas[schema.$ref.split('/').at(-1)] ?? {}, wrong, depth)
    if (typeof schema.example === 'object' && random.chance(0.4)) return schema.example
    const either: Schema[] | undefined = schema.anyOf ?? schema.oneOf
    if (either && schema.properties) {
      return Object.assign(this.object(schema, wrong, depth), this.value(random.pick(either), wrong, depth))
    }
    if (either) return this.value(random.pick(either), wrong, depth)
    if (schema.allOf) return Object.assign({}, ...schema.allOf.map((one: Schema) => this.value(one, wrong, depth)))
    if (schema.const !== undefined) return schema.const
    if (schema.enum) return random.pick(schema.enum)
    const type = Array.isArray(schema.type) ? random.pick(schema.type) : schema.type
    switch (type) {
      case 'object':
        return this.object(schema, wrong, depth)
      case 'array':
        return this.array(schema, wrong, depth)
      case 'string':
        return this.text(schema)
      case 'integer':
      case 'number':
        return this.number(schema, type === 'integer')
      case 'boolean':
        return random.chance(0.5)
      case 'null':
        return null
      default:
        return schema.properties ? this.object(schema, wrong, depth) : this.anything(depth)
    }
  }

  /** A value that is hardly meant, wherever it is. */
  wrongValue(): unknown {
    return this.random.chance(0.5) ? this.random.pick(odd) : this.random.pick(oddValues)
  }

  private object({ properties = {}, required = [], additionalProperties }: Schema, wrong: number, depth: number) {
    const { random } = this
    const made: Record<string, unknown> = {}
    for (const [name, schema] of Object.entries<Schema>(properties)) {
      const isThere = required.includes(name) ? !random.chance(wrong / 2) : random.chance(depth > 3 ? 0.1 : 0.4)
      if (isThere) made[name] = this.value(schema, wrong, depth + 1)
    }
    if (random.chance(wrong / 2)) made[random.pick(odd)] = 1
    if (Object.keys(properties).length === 0 && additionalProperties !== false) {
      for (let left = random.below(4); left > 0; left -= 1) made[random.word()] = this.anything(depth + 1)
    }
    return made
  }

  private array({ items = {}, minItems = 0, maxItems = 5 }: Schema, wrong: number, depth: number): unknown[] {
    const length = minItems + this.random.below(Math.min(maxItems - minItems, 3) + 1)
    return Array.from({ length }, () => this.value(items, wrong, depth + 1))
  }

  private text({ format, pattern, minLength = 0, maxLength = 60, example, examples }: Schema): string {
    const { random } = this
    const made = formats[format ?? '']?.(random)
    if (made !== undefined) return made
    const shown = example ?? examples?.[0]
    if (pattern !== undefined && typeof shown === 'string') return shown
    if (pattern?.includes('0-9a-f]{64}')) return 'ab'.repeat(32)
    if (typeof shown === 'string' && random.chance(0.4)) return shown
    return random
      .word()
      .repeat(1 + Math.ceil(minLength / 8))
      .slice(0, Math.max(minLength, Math.min(maxLength, 60)))
  }

  private number(schema: Schema, isInteger: boolean): number {
    const { random } = this
    const least = schema.minimum ?? (schema.exclusiveMinimum === undefined ? 0 : schema.exclusiveMinimum + 1)
    const most = Math.min(schema.maximum ?? least + 1_000, least + 10_000)
    const made = random.chance(0.2) ? random.pick([least, most]) : least + random() * (most - least)
    return isInteger ? Math.round(made) : made
  }

  private anything(depth: number): unknown {
    const { random } = this
    if (depth > 3 || random.chance(0.6)) return random.pick([random.word(), random.below(100), true, null, 0.5])
    return random.chance(0.5) ? [this.anything(depth + 1)] : { [random.word()]: this.anything(depth + 1) }
  }
}
