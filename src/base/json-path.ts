/** Writes `$.taxItem[0].taxAmount`, or `$['@type']` for names that need quotes. */
export function jsonPath(path: readonly PropertyKey[]): string {
  const step = (key: PropertyKey) => {
    if (typeof key === 'number') return `[${key}]`
    return /^[A-Za-z_]\w*$/.test(String(key)) ? `.${String(key)}` : `['${String(key)}']`
  }
  return `$${path.map(step).join('')}`
}
