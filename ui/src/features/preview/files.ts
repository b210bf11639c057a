// The files that a preview gets: the project's texts, made fit for the bundler, with the package file it starts from.
import type { Preview } from '../../server/types'
import type { PreviewFiles } from './engine'
import { forSandpack, packageForSandpack } from './transform'

/** What a page never imports, and must not cost the bundler anything. */
const LEFT_OUT =
  /(^|\/)(node_modules|dist|build|coverage|\.git)\/|(^|\/)(package-lock\.json|pnpm-lock\.yaml|yarn\.lock)$/

const PUBLIC = 'public/'

export function previewFiles(
  texts: ReadonlyMap<string, string>,
  preview: Pick<Preview, 'entry' | 'dependencies'>,
): PreviewFiles {
  const files: Record<string, string> = {}
  for (const [path, text] of texts) {
    if (LEFT_OUT.test(path) || path === 'package.json') continue
    files[`/${path}`] = forSandpack(path, text)
    // What stands in public/ is served from the root, as Vite does: `import logo from '/logo.svg'`.
    const served = path.startsWith(PUBLIC) ? path.slice(PUBLIC.length) : undefined
    if (served && !texts.has(served)) files[`/${served}`] = text
  }
  files['/package.json'] = packageForSandpack(preview.entry, preview.dependencies)
  return files
}

/** Texts with what is proposed in their places; undefined means that the file would be gone. */
export function proposedTexts(
  texts: ReadonlyMap<string, string>,
  proposed: ReadonlyMap<string, string | undefined>,
): ReadonlyMap<string, string> {
  const all = new Map(texts)
  for (const [path, text] of proposed) {
    if (text === undefined) all.delete(path)
    else all.set(path, text)
  }
  return all
}
