import { parseXml, XmlDeclaration, XmlDocumentType, XmlElement } from '@rgrove/parse-xml'

/** An element by its local names, whatever the prefixes of its namespace are. */
export interface Xml {
  readonly name: string
  /** The namespace that the element declares. */
  readonly namespace: string
  readonly text: string
  attribute(name: string): string
  /** Returns the elements at a path below it. */
  all(...path: readonly string[]): readonly Xml[]
  /** Returns the first of them. */
  one(...path: readonly string[]): Xml | undefined
  /** Returns its text without blanks at the ends; empty for none. */
  textAt(...path: readonly string[]): string
}

/** Says why a text is refused as XML: it is none, has a DOCTYPE, or claims another encoding than UTF-8. */
export class XmlFault extends Error {
  readonly fault: 'notXml' | 'docType' | 'notUtf8'
  readonly detail: string

  constructor(fault: XmlFault['fault'], detail = '') {
    super(fault)
    this.fault = fault
    this.detail = detail
  }
}

/** Reads a document. Throws XmlFault. No entity is expanded but the five of XML, and nothing is fetched. */
export function readXml(source: string): Xml {
  const children = childrenOf(source)
  if (children.some((child) => child instanceof XmlDocumentType)) throw new XmlFault('docType')
  const encoding = children.find((child) => child instanceof XmlDeclaration)?.encoding ?? 'utf-8'
  if (encoding.toLowerCase() !== 'utf-8') throw new XmlFault('notUtf8', encoding)
  const root = children.find((child) => child instanceof XmlElement)
  if (!root) throw new XmlFault('notXml')
  return wrapped(root)
}

function childrenOf(source: string) {
  // Before anything is read: the definitions of a DOCTYPE cost time even if nothing uses them.
  if (/<!DOCTYPE/i.test(source.slice(0, PROLOG_LENGTH))) throw new XmlFault('docType')
  try {
    return parseXml(source, { preserveDocumentType: true, preserveXmlDeclaration: true }).children
  } catch (error) {
    // Also for elements nested deeper than the stack.
    throw new XmlFault('notXml', error instanceof RangeError ? '' : firstLine(error))
  }
}

const PROLOG_LENGTH = 1_024

function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''
}

function wrapped(element: XmlElement): Xml {
  const name = localName(element.name)
  const all = (...path: readonly string[]): readonly Xml[] =>
    path
      .reduce<readonly XmlElement[]>(
        (those, step) => those.flatMap(elementsOf).filter((child) => localName(child.name) === step),
        [element]
      )
      .map(wrapped)
  const one = (...path: readonly string[]) => all(...path)[0]
  return {
    name,
    namespace: namespaceOf(element),
    get text() {
      return element.text.trim()
    },
    attribute: (attribute) => element.attributes[attribute] ?? '',
    all,
    one,
    textAt: (...path) => one(...path)?.text ?? ''
  }
}

function elementsOf({ children }: XmlElement): readonly XmlElement[] {
  return children.filter((child) => child instanceof XmlElement)
}

function namespaceOf({ name, attributes }: XmlElement): string {
  const [prefix, local] = name.split(':')
  return attributes[local === undefined ? 'xmlns' : `xmlns:${prefix}`] ?? ''
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}
