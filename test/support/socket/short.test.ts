/*
 * What a short run drives over a connection, in one file: where each had a worker of its own, that would start a server
 * for it, which takes longer than its tests. The long run leaves these files out (vitest.config.ts).
 */
import.meta.glob('../../http/{claims,inputs,methods,*.examples}.test.ts', { eager: true })
