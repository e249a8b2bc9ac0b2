/** Parses JSON and keeps each number as the text that stood there: 1.0 is not 1. */
export function inDigits(json: string): unknown {
  const quoted = json.replaceAll(/("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)/g, (found, text) =>
    text === undefined ? JSON.stringify(`number ${found}`) : found
  )
  return JSON.parse(quoted)
}
