/** Returns the members of a JSON object by name, each value as it is written: parsing could lose digits. */
export function membersOf(object: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>()
  for (let at = object.indexOf('"'); at > 0; ) {
    const nameEnd = endOfString(object, at)
    const start = object.indexOf(':', nameEnd) + 1
    const end = endOfValue(object, start)
    members.set(JSON.parse(object.slice(at, nameEnd)), object.slice(start, end).trim())
    at = object.indexOf('"', end)
  }
  return members
}

/** Returns the place of the comma or bracket after the value that begins at `start`. */
function endOfValue(json: string, start: number): number {
  let depth = 0
  for (let at = start; at < json.length; at++) {
    const sign = json[at]
    if (sign === '"') at = endOfString(json, at) - 1
    else if (sign === '{' || sign === '[') depth++
    else if (depth === 0 && (sign === ',' || sign === '}')) return at
    else if (sign === '}' || sign === ']') depth--
  }
  throw new SyntaxError('the JSON of an object has no end')
}

/** Returns the place after the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at > 0; at = json.indexOf('"', at + 1)) {
    let escapes = at
    while (json[escapes - 1] === '\\') escapes--
    if ((at - escapes) % 2 === 0) return at + 1
  }
  throw new SyntaxError('a string of the JSON has no end')
}
