/** Least contrast of text to its ground (WCAG 2.2, 1.4.3). */
const CONTRAST_MIN = 4.5
const FALLBACK = '#1a1a1a'

/** Replaces a colour too pale for text on white with black. */
export function readable(colour: string): string {
  return 1.05 / (luminance(colour) + 0.05) >= CONTRAST_MIN ? colour : FALLBACK
}

export function tint(colour: string, share: number): string {
  const mixed = channels(colour).map((value) => Math.round(255 - (255 - value) * share))
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

/** Relative luminance (WCAG 2.2). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function channels(colour: string): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
}
