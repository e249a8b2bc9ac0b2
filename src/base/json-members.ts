/** Returns the members of a JSON object by name, each value as it is written: parsing could lose digits. */
export function membersOf(object: string): ReadonlyMap<string, string> {
  return new Map(allMembersOf(object))
}

/** Returns the names that a JSON object has more than once. */
export function repeatedNames(object: string): readonly string[] {
  const names = allMembersOf(object).map(([name]) => name)
  return [...new Set(names.filter((name, at) => names.indexOf(name) < at))]
}

function allMembersOf(object: string): readonly (readonly [string, string])[] {
  const members: [string, string][] = []
  for (let at = object.indexOf('"'); at > 0; ) {
    const nameEnd = endOfString(object, at)
    const start = object.indexOf(':', nameEnd) + 1
    const end = endOfValue(object, start)
    members.push([JSON.parse(object.slice(at, nameEnd)), object.slice(start, end).trim()])
    at = object.indexOf('"', end)
  }
  return members
}

/** Returns the elements of a JSON array, each as it is written. */
export function elementsOf(array: string): readonly string[] {
  const elements: string[] = []
  for (let at = 1; at < array.length; ) {
    const end = endOfValue(array, at)
    const element = array.slice(at, end).trim()
    if (element !== '') elements.push(element)
    at = end + 1
  }
  return elements
}

/** Returns the place of the comma or bracket after the value that begins at `start`. */
function endOfValue(json: string, start: number): number {
  let depth = 0
  for (let at = start; at < json.length; at++) {
    const sign = json[at]
    if (sign === '"') at = endOfString(json, at) - 1
    else if (sign === '{' || sign === '[') depth++
    else if (depth === 0 && (sign === ',' || sign === '}' || sign === ']')) return at
    else if (sign === '}' || sign === ']') depth--
  }
  throw new SyntaxError('the JSON of a value has no end')
}

function endOfString(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at > 0; at = json.indexOf('"', at + 1)) {
    let escapes = at
    while (json[escapes - 1] === '\\') escapes--
    if ((at - escapes) % 2 === 0) return at + 1
  }
  throw new SyntaxError('a string of the JSON has no end')
}
