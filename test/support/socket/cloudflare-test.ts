// Stands for `cloudflare:test` where tests run in Node, outside of workerd.

export function runDurableObjectAlarm(): never {
  throw new Error('Alarms are run by hand only inside workerd: test.skipIf(overSocket).')
}

export function evictDurableObject(): never {
  throw new Error('Objects are evicted by hand only inside workerd: test.skipIf(overSocket).')
}

export function runInDurableObject(): never {
  throw new Error('Objects are entered only inside workerd: test.skipIf(overSocket).')
}
