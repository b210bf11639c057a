// The icon and colour of a file by its name.
import {
  Braces,
  CodeXml,
  File,
  FileCode2,
  FileText,
  FileType,
  Hash,
  Image,
  type LucideIcon,
} from 'lucide-react'

type Look = { icon: LucideIcon; tone: string }

const PLAIN: Look = { icon: File, tone: '' }
const LOOKS: Readonly<Record<string, Look>> = {
  tsx: { icon: FileCode2, tone: 'ic-tsx' },
  jsx: { icon: FileCode2, tone: 'ic-tsx' },
  ts: { icon: FileType, tone: 'ic-ts' },
  mts: { icon: FileType, tone: 'ic-ts' },
  js: { icon: FileType, tone: 'ic-ts' },
  mjs: { icon: FileType, tone: 'ic-ts' },
  css: { icon: Hash, tone: 'ic-css' },
  scss: { icon: Hash, tone: 'ic-css' },
  less: { icon: Hash, tone: 'ic-css' },
  json: { icon: Braces, tone: 'ic-json' },
  html: { icon: CodeXml, tone: 'ic-html' },
  md: { icon: FileText, tone: 'ic-md' },
  mdx: { icon: FileText, tone: 'ic-md' },
  txt: { icon: FileText, tone: 'ic-md' },
  svg: { icon: Image, tone: 'ic-html' },
  png: { icon: Image, tone: '' },
  jpg: { icon: Image, tone: '' },
  jpeg: { icon: Image, tone: '' },
  gif: { icon: Image, tone: '' },
  webp: { icon: Image, tone: '' },
  ico: { icon: Image, tone: '' },
}

export function FileIcon(props: { path: string }) {
  const { icon: Icon, tone } = LOOKS[props.path.slice(props.path.lastIndexOf('.') + 1).toLowerCase()] ?? PLAIN
  return <Icon className={`i i--s ${tone}`} aria-hidden />
}
