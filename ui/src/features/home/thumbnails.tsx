// What a template looks like, drawn in the theme's own colours.
import type { ReactNode } from 'react'

const page = <rect x="16" y="12" width="108" height="72" rx="5" className="pg" />

const drawings: Record<string, ReactNode> = {
  app: (
    <>
      {page}
      <rect x="26" y="22" width="44" height="6" rx="3" className="tx" />
      <rect x="26" y="36" width="40" height="26" rx="3" className="ac" />
      <rect x="72" y="36" width="40" height="26" rx="3" className="fl" />
      <rect x="26" y="68" width="40" height="16" rx="3" className="fl" />
      <rect x="72" y="68" width="40" height="16" rx="3" className="fl" />
    </>
  ),
  dashboard: (
    <>
      {page}
      <rect x="16" y="12" width="24" height="72" className="fl" />
      <rect x="48" y="22" width="20" height="5" rx="2.5" className="tx" />
      <path d="M48 66l14-14 12 8 16-20 12 10 12-8" className="ln" />
      <path d="M48 72h68" className="ru" />
    </>
  ),
  landing: (
    <>
      {page}
      <rect x="38" y="28" width="64" height="7" rx="3.5" className="tx" />
      <rect x="46" y="40" width="48" height="4" rx="2" className="fl" />
      <rect x="56" y="52" width="28" height="11" rx="5.5" className="ac" />
      <path d="M26 74h88" className="ru" />
    </>
  ),
  docs: (
    <>
      {page}
      <path d="M26 26h20M26 34h16M26 42h18M26 50h14" className="ru" />
      <path d="M54 12v72" className="ru" />
      <rect x="64" y="23" width="34" height="6" rx="3" className="tx" />
      <path d="M64 39h50M64 47h46M64 55h50" className="ru" />
      <rect x="64" y="63" width="50" height="14" rx="3" className="fl" />
    </>
  ),
  game: (
    <>
      {page}
      <path d="M16 70h30v-10h24v10h26v-18h28v32H16z" className="fl" />
      <rect x="54" y="46" width="13" height="13" rx="3" className="ac" />
      <circle cx="84" cy="38" r="4" className="su" />
      <circle cx="106" cy="38" r="4" className="su" />
      <path d="M60 42q8-12 16-6" className="ru" strokeDasharray="2 4" />
    </>
  ),
}

const blank = (
  <>
    <rect x="16" y="12" width="108" height="72" rx="5" className="pg" strokeDasharray="4 4" />
    <path d="M70 40v16M62 48h16" className="ln" />
  </>
)

export function Thumbnail({ template }: { template: string }) {
  return (
    <svg viewBox="0 0 140 84" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
      {drawings[template] ?? blank}
    </svg>
  )
}
